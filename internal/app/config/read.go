package config

import (
	"fmt"
	"os"

	"santra/internal/agency"
	"santra/internal/agency/dialplan"
	"santra/internal/app/flows"
	"santra/internal/registry"
)

// Read reads and checks santra.yaml; an error names file, line, column and, for a typo, the likely word.
func Read(path string) (Config, error) {
	c, _, err := ReadWithText(path)
	return c, err
}

// ReadWithText is Read with the text, in which further mistakes can be shown.
func ReadWithText(path string) (Config, []byte, error) {
	c, text, err := ReadUnchecked(path)
	if err != nil {
		return Config{}, nil, err
	}
	if err := c.check(); err != nil {
		return Config{}, nil, Pointed(path, text, err)
	}
	return c, text, nil
}

// ReadUnchecked reads a santra.yaml that need not be whole: its words must be known and the defaults are set, no more. It gives
// the text too, in which mistakes can be shown.
func ReadUnchecked(path string) (c Config, text []byte, err error) {
	if text, err = os.ReadFile(path); err != nil {
		return Config{}, nil, fmt.Errorf("configuration: %w", err)
	}
	if err := decode(path, text, &c); err != nil {
		return Config{}, nil, err
	}
	c.setDefaults()
	return c, text, nil
}

// ReadCity reads the part "city" of a configuration, with its defaults. What telephony can't carry out yet may be simulated.
func ReadCity(path string) (*agency.City, error) {
	c, text, err := ReadUnchecked(path)
	if err != nil {
		return nil, err
	}
	if err := c.City.Validate(); err != nil {
		return nil, Pointed(path, text, err)
	}
	return new(c.City.WithDefaults()), nil
}

// Check is Read with what a start adds: the countries of all endpoints (M18) and the bounds of the first
// published description (M6, M7), and what the telephone can do. It opens no database: a city that has published a stricter version learns of it at apply.
func Check(path string) error {
	c, text, err := ReadWithText(path)
	if err != nil {
		return err
	}
	first := registry.Published{Version: 1, Months: registry.FirstMonths, Digits: registry.FirstDigits}
	for _, err := range []error{
		registry.CheckEndpoints(c.Endpoints()), c.Server.SIP.checkPorts(), CheckCity(&c.City, first, c.Sounds),
	} {
		if err != nil {
			return Pointed(path, text, err)
		}
	}
	return nil
}

// CheckCity refuses a valid city that can't be served: one that is laxer than the city has published, or whose flows name prompts that there are not.
func CheckCity(c *agency.City, p registry.Published, sounds func() (flows.Sounds, error)) error {
	if err := registry.CheckPromises(c, p); err != nil {
		return err
	}
	if err := dialplan.Check(c); err != nil || len(c.Flows) == 0 {
		return err
	}
	s, err := sounds()
	if err != nil {
		return err
	}
	return c.CheckPrompts(s.Has)
}

// decodeFile reads a YAML file strictly into v.
func decodeFile(path string, v any) error {
	text, err := os.ReadFile(path)
	if err != nil {
		return fmt.Errorf("configuration: %w", err)
	}
	return decode(path, text, v)
}
