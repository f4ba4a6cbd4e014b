package main

import (
	"bytes"
	"os/exec"
	"slices"
	"strings"
	"testing"

	"github.com/urfave/cli/v2"

	"simgan/internal/exit"
)

// Every command's help has examples, and every example's command and flags are there.
func TestEveryCommandHasExamples(t *testing.T) {
	app := newApp(&bytes.Buffer{}, &bytes.Buffer{})
	app.Setup() // adds what the library adds, help among it
	var walk func(commands []*cli.Command)
	walk = func(commands []*cli.Command) {
		for _, c := range commands {
			if c.Name == "help" {
				continue
			}
			if c.UsageText == "" {
				t.Errorf("%s has no example", c.Name)
			}
			for example := range strings.Lines(c.UsageText) {
				_, line, _ := strings.Cut(strings.TrimSpace(example), "simgan ")
				check(t, app, strings.Fields(strings.Trim(line, "()")))
			}
			walk(c.Subcommands)
		}
	}
	walk(app.Commands)
}

// check follows the words of an example from command to command and looks its flags up.
func check(t *testing.T, app *cli.App, words []string) {
	t.Helper()
	var c *cli.Command
	commands := app.Commands
	for _, word := range words {
		if word == "--" { // a command of its own follows
			c, commands = nil, app.Commands
			continue
		}
		if name, isFlag := strings.CutPrefix(word, "--"); isFlag {
			name, _, _ = strings.Cut(name, "=")
			found := false
			for _, f := range c.Flags {
				found = found || f.Names()[0] == name
			}
			if !found {
				t.Errorf("example %q: %s has no flag %s", strings.Join(words, " "), c.Name, word)
			}
			continue
		}
		for _, next := range commands {
			if next.Name == word {
				c, commands = next, next.Subcommands
				break
			}
		}
		if c == nil {
			t.Errorf("example %q: there is no command %s", strings.Join(words, " "), word)
			return
		}
	}
}

func TestHelpShowsExamples(t *testing.T) {
	for _, args := range []string{"train --help", "help train", "eval gaze --help", "completion --help"} {
		var out, problems bytes.Buffer
		code := run(append([]string{"simgan"}, strings.Fields(args)...), &out, &problems)
		if code != 0 || !strings.Contains(out.String(), "EXAMPLES:\n   ") || strings.Contains(out.String(), "%!") {
			t.Errorf("%s: exit code %d: %s", args, code, out.String())
		}
	}
}

func TestCompletionScripts(t *testing.T) {
	for _, shell := range shells {
		var out, problems bytes.Buffer
		if code := run([]string{"simgan", "completion", shell}, &out, &problems); code != 0 ||
			!strings.Contains(out.String(), "simgan") {
			t.Errorf("%s: exit code %d: %s", shell, code, problems.String())
		}
		path, err := exec.LookPath(shell)
		if err != nil {
			t.Logf("%s is not installed: its script is not parsed", shell)
			continue
		}
		parse := exec.Command(path, "-n")
		parse.Stdin = &out
		if message, err := parse.CombinedOutput(); err != nil {
			t.Errorf("%s: %v: %s", shell, err, message)
		}
	}
	var out, problems bytes.Buffer
	if keys := values("set"); !slices.Contains(keys, "train.lambda=") || !slices.Contains(keys, "seed=") {
		t.Errorf("--set is completed by %v", keys)
	}
	if code := run([]string{"simgan", "completion", "tcsh"}, &out, &problems); code != exit.Usage ||
		!strings.Contains(problems.String(), "fish") {
		t.Errorf("tcsh: exit code %d: %s", code, problems.String())
	}
}
