package main

import (
	"bytes"
	"io"
	"slices"
	"strings"

	"github.com/urfave/cli/v2"

	"simgan/internal/exit"
	"simgan/internal/home"
	"simgan/internal/suggest"
)

// usageError is what a command line ends with that cannot be parsed. For an unknown flag it names the one that is most
// like it.
func usageError(c *cli.Context, err error, _ bool) error {
	name, unknown := strings.CutPrefix(err.Error(), "flag provided but not defined: -")
	if !unknown {
		return exit.Usagef("%w", err)
	}
	var names []string
	for _, f := range slices.Concat(c.Command.Flags, c.App.Flags) {
		for _, n := range f.Names() {
			if len(n) > 1 {
				names = append(names, "--"+n)
			}
		}
	}
	name = "--" + strings.TrimPrefix(name, "-")
	return exit.Usagef("there is no flag %s%s", name, suggest.Hint(name, names))
}

// strayArgument is the error of an argument that a command does not take.
func strayArgument(c *cli.Context, of, argument string) error {
	for _, setting := range c.StringSlice("set") {
		if !strings.Contains(setting, "=") {
			return exit.Usagef("--set %s: write KEY=VALUE in one word, as %[1]s=%s", setting, argument)
		}
	}
	if c.IsSet("clips") {
		return exit.Usagef("%s takes no argument %q; a pattern is written --clips=PATTERN", of, argument)
	}
	return exit.Usagef("%s takes no argument %q", of, argument)
}

// expandHome expands ~ in flags. Shells do so only at the beginning of a word, not in --run=~/mine.
func expandHome(c *cli.Context) error {
	for _, name := range c.LocalFlagNames() {
		var expanded string
		switch value := c.Value(name).(type) {
		case string:
			if expanded = home.Expand(value); expanded == value {
				continue
			}
		case cli.StringSlice:
			paths := slices.Clone(value.Value())
			for i, path := range paths {
				paths[i] = home.Expand(path)
			}
			expanded = cli.NewStringSlice(paths...).Serialize() // Set replaces by it, and would append paths
		default:
			continue
		}
		if err := c.Set(name, expanded); err != nil {
			return err
		}
	}
	return nil
}

// addQuiet gives a command and those below it --quiet.
func addQuiet(command *cli.Command) {
	if len(command.Subcommands) == 0 {
		command.Flags = append(command.Flags, &cli.BoolFlag{Name: "quiet", Usage: "print warnings and errors only"})
	}
	for _, sub := range command.Subcommands {
		addQuiet(sub)
	}
}

// warningsOnly passes on the lines that are warnings.
type warningsOnly struct{ out io.Writer }

func (w warningsOnly) Write(text []byte) (int, error) {
	for line := range bytes.Lines(text) {
		if bytes.HasPrefix(line, []byte("warning")) {
			if _, err := w.out.Write(line); err != nil {
				return 0, err
			}
		}
	}
	return len(text), nil
}
