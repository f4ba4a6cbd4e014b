package main

import (
	_ "embed"
	"fmt"
	"os"
	"slices"
	"strings"

	"github.com/urfave/cli/v2"

	"simgan/internal/exit"
	"simgan/trainer/config"
)

//go:embed completion/simgan.bash
var bashCompletion string

//go:embed completion/simgan.zsh
var zshCompletion string

// shells lists the shells that completion writes for.
var shells = []string{"bash", "zsh", "fish"}

func newCompletionCommand() *cli.Command {
	return &cli.Command{
		Name: "completion", Usage: "prints the completion script for bash, zsh or fish", ArgsUsage: "SHELL",
		Description: "bash: in ~/.bashrc; zsh: in ~/.zshrc after compinit, or as the file _simgan in a folder of fpath; " +
			"fish: in ~/.config/fish/completions.",
		UsageText: "source <(simgan completion bash)\n" +
			"source <(simgan completion zsh)\n" +
			"simgan completion fish > ~/.config/fish/completions/simgan.fish",
		BashComplete: func(c *cli.Context) { fmt.Fprintln(c.App.Writer, strings.Join(shells, "\n")) },
		Action: func(c *cli.Context) error {
			if c.NArg() > 1 {
				return exit.Usagef("completion takes one SHELL, not %q too", c.Args().Get(1))
			}
			text, err := completion(c.App, c.Args().First())
			if err == nil {
				_, err = fmt.Fprint(c.App.Writer, text)
			}
			return err
		},
	}
}

func completion(app *cli.App, shell string) (string, error) {
	switch shell {
	case "bash":
		return bashCompletion, nil
	case "zsh":
		return zshCompletion, nil
	case "fish":
		// Without the library's help command: it holds itself once it was shown, and fish's writer would walk it without end.
		bare := cli.App{Name: app.Name, HideVersion: true, Commands: slices.DeleteFunc(slices.Clone(app.Commands),
			func(c *cli.Command) bool { return c.Name == "help" })}
		text, err := bare.ToFishCompletion()
		return text + "complete -c simgan -l set -x -a '" + strings.Join(values("set"), " ") + "'\n", err
	}
	return "", exit.Usagef("completion for %q: name one of %s", shell, strings.Join(shells, ", "))
}

// values lists what can follow a flag, whatever the command.
func values(flag string) []string {
	switch flag {
	case "preset":
		return config.PresetNames()
	case "device":
		return []string{"auto", "cpu", "cuda"}
	case "domain":
		return []string{"synthetic", "real"}
	case "set":
		return configKeys()
	}
	return nil
}

// configKeys lists the keys of a config, each with what --set writes after it.
func configKeys() (keys []string) {
	all, _ := config.Values(config.Default()) // the defaults encode
	for _, v := range all {
		keys = append(keys, v.Key+"=")
	}
	return keys
}

// completeValues completes the values of a command's flags, then what the library completes.
func completeValues(command *cli.Command) {
	if command.BashComplete != nil {
		return
	}
	command.BashComplete = func(c *cli.Context) {
		// The last argument is --generate-bash-completion, the one before it what was typed last.
		if n := len(os.Args); n > 2 {
			if found := values(strings.TrimLeft(os.Args[n-2], "-")); found != nil {
				fmt.Fprintln(c.App.Writer, strings.Join(found, "\n"))
				return
			}
		}
		cli.DefaultCompleteWithFlags(command)(c)
	}
}
