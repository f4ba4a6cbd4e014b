package bench

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"slices"
	"strings"

	"simgan/internal/atomicfile"
	"simgan/internal/jsonfile"
)

// contestant is one program and setting that is timed. Each turn is its own process, which prints a T as JSON last.
type contestant[T any] struct {
	Name        string   `json:"name"`
	Data        string   `json:"data,omitempty"`        // SPEC, if contestants differ in it
	Environment []string `json:"environment,omitempty"` // KEY=VALUE, beside this process's
	Command     []string `json:"command"`
	Turns       []T      `json:"turns"`
	Error       string   `json:"error,omitempty"` // what ended its turns
}

// takeTurns runs all contestants alternately for several rounds, so that what else the machine does affects all of
// them. Each round begins with another contestant, because a processor that gets hot favours the first. A contestant
// that fails takes no more turns, and the others continue; failures reports it. After each turn the figures so far are
// saved.
func takeTurns[T any](
	ctx context.Context, all []*contestant[T], rounds int, out io.Writer,
	imagesPerSecond func(T) float64, save func() error,
) error {
	for round := range rounds {
		for i := range all {
			c := all[(round+i)%len(all)]
			if c.Error != "" {
				continue
			}
			var timing T
			err := lastJSON(ctx, c.Environment, c.Command, &timing)
			switch {
			case ctx.Err() != nil:
				return context.Cause(ctx)
			case err != nil:
				c.Error = err.Error()
				fmt.Fprintf(out, "round %d  %-32s failed: %s  %s\n", round+1, c.Name, c.reason(), c.Data)
			default:
				c.Turns = append(c.Turns, timing)
				fmt.Fprintf(out, "round %d  %-32s %10.1f images/s  %s\n", round+1, c.Name, imagesPerSecond(timing), c.Data)
			}
			if err := save(); err != nil {
				return err
			}
		}
	}
	return nil
}

// reason returns the last line of the error, where programs say what was wrong.
func (c *contestant[T]) reason() string {
	text := strings.TrimSpace(c.Error)
	return text[strings.LastIndex(text, "\n")+1:]
}

// failures returns the errors of all contestants that failed.
func failures[T any](all []*contestant[T]) (err error) {
	for _, c := range all {
		if c.Error != "" {
			err = errors.Join(err, fmt.Errorf("%s: %s", c.Name, c.Error))
		}
	}
	return err
}

// lastJSON runs a command, with more environment variables, and decodes the JSON that it prints last.
func lastJSON(ctx context.Context, environment, command []string, into any) error {
	process := exec.CommandContext(ctx, command[0], command[1:]...)
	process.Env = append(os.Environ(), environment...)
	text, err := process.Output()
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	var failed *exec.ExitError
	if errors.As(err, &failed) {
		return fmt.Errorf("%s: %w\n%s", strings.Join(command, " "), err, failed.Stderr)
	}
	if err != nil {
		return fmt.Errorf("%s: %w", strings.Join(command, " "), err)
	}
	lines := strings.Split(strings.TrimSpace(string(text)), "\n")
	if err := json.Unmarshal([]byte(lines[len(lines)-1]), into); err != nil {
		return fmt.Errorf("%s: printed no JSON: %w", strings.Join(command, " "), err)
	}
	return nil
}

// median returns the median of a value over the turns, of which there must be one.
func (c *contestant[T]) median(value func(T) float64) float64 {
	var values []float64
	for _, t := range c.Turns {
		values = append(values, value(t))
	}
	return median(values)
}

// beside returns the median, least and greatest ratio of a speed to base's in the same round, or nothing if there is
// none.
func (c *contestant[T]) beside(base *contestant[T], speed func(T) float64) string {
	if c == nil || base == nil || len(base.Turns) == 0 || len(c.Turns) == 0 {
		return ""
	}
	var ratios []float64
	for i := range min(len(c.Turns), len(base.Turns)) {
		ratios = append(ratios, speed(c.Turns[i])/speed(base.Turns[i]))
	}
	return fmt.Sprintf("%.2f (%.2f to %.2f)", median(ratios), slices.Min(ratios), slices.Max(ratios))
}

// find returns the contestant with that name and data, or nil if there is none.
func find[T any](all []*contestant[T], name, data string) *contestant[T] {
	i := slices.IndexFunc(all, func(c *contestant[T]) bool { return c.Name == name && c.Data == data })
	if i < 0 {
		return nil
	}
	return all[i]
}

// saveFigures writes the table as Markdown and all figures as JSON, each if its path is not empty.
func saveFigures(markdown, table, path string, figures any) error {
	if markdown != "" {
		if err := atomicfile.Write(markdown, []byte(table)); err != nil {
			return err
		}
	}
	return jsonfile.Write(path, figures)
}
