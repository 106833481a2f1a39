package config

import (
	"fmt"
	"path/filepath"

	"santra/internal/errs"
	"santra/internal/recorder"
	"santra/internal/registry"
)

// ReadRecorder reads and checks recorder.yaml.
func ReadRecorder(path string) (recorder.Config, error) {
	c, err := ReadRecorderUnchecked(path)
	if err != nil {
		return c, err
	}
	if err := checkRecorder(c); err != nil {
		return c, fmt.Errorf("%s: %w", path, err)
	}
	return c, nil
}

// ReadRecorderUnchecked reads recorder.yaml without looking at more than where its data are.
func ReadRecorderUnchecked(path string) (recorder.Config, error) {
	var c recorder.Config
	if err := decodeFile(path, &c); err != nil {
		return c, err
	}
	if c.Data == "" {
		return c, errs.At(errs.Invalid, path+": data", "name the folder that holds the catalogue and the recordings")
	}
	orDefault(&c.Keys, filepath.Join(c.Data, "keys"))
	orDefault(&c.Database, "sqlite:"+filepath.Join(c.Data, "catalogue.db"))
	return c, nil
}

func checkRecorder(c recorder.Config) error {
	if err := registry.CheckEndpoints([]registry.Endpoint{{Name: "recorder", Country: c.Country}}); err != nil {
		return err
	}
	for _, l := range []struct{ field, addr string }{{"sip", c.SIP}, {"http", c.HTTP}} {
		if err := checkAddress(l.field, l.addr); err != nil {
			return err
		}
	}
	return checkTLS("http", c.HTTP, c.Cert, c.Key)
}

// CheckRecorder checks recorder.yaml as a start of the recorder does, without touching its data.
func CheckRecorder(path string) error {
	c, err := ReadRecorder(path)
	if err != nil {
		return err
	}
	if err := checkOrigin("centre_origin", c.CentreOrigin); err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	if err := recorder.CheckConfig(c); err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	return nil
}
