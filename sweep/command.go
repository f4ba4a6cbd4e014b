package sweep

import (
	"context"
	"fmt"
	"path/filepath"
	"strings"
	"time"

	"gopkg.in/yaml.v3"

	"simgan/internal/atomicfile"
	"simgan/internal/inputfile"
	"simgan/internal/program"
	"simgan/internal/shellwords"
)

// Duration is a time in YAML, as 90s or 1h30m.
type Duration time.Duration

// UnmarshalYAML reads a duration with its unit.
func (d *Duration) UnmarshalYAML(node *yaml.Node) error {
	parsed, err := time.ParseDuration(node.Value)
	if err != nil {
		return fmt.Errorf("line %d: %q is no time; write it with a unit, as 90s or 1h30m", node.Line, node.Value)
	}
	*d = Duration(parsed)
	return nil
}

// MarshalYAML writes what UnmarshalYAML reads.
func (d Duration) MarshalYAML() (any, error) { return time.Duration(d).String(), nil }

// defaultTimeout is the time that an objective's command has, unless the file says otherwise.
const defaultTimeout = Duration(time.Hour)

// runMark stands for the run folder in an objective's command.
const runMark = "{run}"

func (o *Objective) checkCommand() (problems []error) {
	if o.Timeout == 0 {
		o.Timeout = defaultTimeout
	}
	if o.Timeout < 0 {
		problems = append(problems, fmt.Errorf("objective.timeout is %s; use more than 0", time.Duration(o.Timeout)))
	}
	return problems
}

// commandFile names the file in a run folder that holds what the command printed, at a rung or, with rung 0, at the
// end.
func commandFile(rung int) string {
	if rung == 0 {
		return "objective.txt"
	}
	return fmt.Sprintf("objective-%07d.txt", rung)
}

// line returns the shell line that scores the run in dir. The folder's name is quoted.
func (o *Objective) line(dir string) string {
	folder := shellwords.Join(dir)
	if strings.Contains(o.Command, runMark) {
		return strings.ReplaceAll(o.Command, runMark, folder)
	}
	return o.Command + " " + folder
}

// score runs the objective's command on a trial and keeps what it prints. It returns ctx's cause if ctx is cancelled,
// and an error if the command fails, prints no number or takes longer than the timeout.
func (r *runner) score(ctx context.Context, t *Trial, rung int, on slot) error {
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	line := r.Objective.line(t.dir)
	var all, printed strings.Builder
	_, err := program.Call{
		Command: line, Env: []string{"SIMGAN_DEVICE=" + on.device}, Timeout: time.Duration(r.Objective.Timeout),
		Out: &all, Printed: &printed,
	}.Number(ctx)
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	if err != nil {
		if said := lastLines(all.String()); said != "" {
			err = fmt.Errorf("%w: %s", err, said)
		}
		return fmt.Errorf("objective.command %s: %w", line, err)
	}
	return atomicfile.Write(filepath.Join(t.dir, commandFile(rung)), []byte(printed.String()))
}

// readNumber returns the number on the last line of what a command printed.
func readNumber(path string) (float64, error) {
	text, err := inputfile.Read(path, inputfile.Small)
	if err != nil {
		return 0, err
	}
	number, err := program.Number(string(text))
	if err != nil {
		return 0, fmt.Errorf("%s: objective.command %w", path, err)
	}
	return number, nil
}
