package office

import (
	"fmt"
	"io"
	"os"
	"time"

	"santra/internal/agency"
	"santra/internal/app/config"
	"santra/internal/app/flows"
	"santra/internal/run"
)

// FlowOptions are what santra flow run is told; City, Sounds, Now and Out are filled in here.
type FlowOptions = flows.Options

// readFlows reads the city of a configuration and its prompts. The rest of the file is not looked at, but for where the prompts are.
func readFlows(path string) (city *agency.City, s flows.Sounds, text []byte, err error) {
	if city, err = config.ReadCity(path); err != nil {
		return nil, s, nil, err
	}
	c, text, err := config.ReadUnchecked(path)
	if err != nil {
		return nil, s, nil, err
	}
	if s, err = c.Sounds(); err != nil {
		return nil, s, nil, fmt.Errorf("%s: %w", path, err)
	}
	return city, s, text, nil
}

// CheckFlows checks the flows of a configuration, prompts included, and prints them.
func CheckFlows(path string, out io.Writer) error {
	city, sounds, text, err := readFlows(path)
	if err != nil {
		return err
	}
	if err := flows.Check(city, sounds, out); err != nil {
		return config.Pointed(path, text, err)
	}
	_, err = fmt.Fprintf(out, "%s: %d flows, good\n", path, len(city.Flows))
	return err
}

// RunFlow prints what a caller would hear, by the flows of a configuration. Nobody is called.
func RunFlow(path string, o FlowOptions, out io.Writer) error {
	city, sounds, text, err := readFlows(path)
	if err != nil {
		return err
	}
	if err := city.CheckPrompts(sounds.Has); err != nil {
		return config.Pointed(path, text, err)
	}
	o.City, o.Sounds, o.Now, o.Out = city, sounds, time.Now(), out
	return flows.Run(o)
}

// RunFlowScript plays the scenarios of a script; run.Exit 1 where one does not come out as it says.
func RunFlowScript(path, script string, out io.Writer) error {
	city, sounds, _, err := readFlows(path)
	if err != nil {
		return err
	}
	text, err := os.ReadFile(script)
	if err != nil {
		return err
	}
	all, failed, err := flows.Script(city, sounds, script, text, time.Now(), out)
	if err != nil {
		return err
	}
	if failed > 0 {
		return run.NewExit(1, fmt.Sprintf("%d of %d scenarios do not come out as they say", failed, all))
	}
	_, err = fmt.Fprintf(out, "%s: %d scenarios, as they say\n", script, all)
	return err
}
