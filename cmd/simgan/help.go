package main

import (
	"context"
	"io"
	"strings"

	"github.com/urfave/cli/v2"

	"simgan/internal/exit"
)

// helpTemplate shows the lines of a command's UsageText as its examples.
const helpTemplate = `NAME:
   {{template "helpNameTemplate" .}}

USAGE:
   {{.HelpName}}{{if .VisibleCommands}} command{{end}}{{if .VisibleFlags}} [options]{{end}}{{if .ArgsUsage}} {{.ArgsUsage}}{{end}}{{if .UsageText}}

EXAMPLES:
   {{wrap .UsageText 3}}{{end}}{{if .Description}}

DESCRIPTION:
   {{template "descriptionTemplate" .}}{{end}}{{if .VisibleCommands}}

COMMANDS:{{template "visibleCommandCategoryTemplate" .}}{{end}}{{if .VisibleFlagCategories}}

OPTIONS:{{template "visibleFlagCategoryTemplate" .}}{{else if .VisibleFlags}}

OPTIONS:{{template "visibleFlagTemplate" .}}{{end}}
`

// prepare gives a command and those below it our help, our usage errors and completion.
func prepare(command *cli.Command) {
	command.OnUsageError, command.CustomHelpTemplate = usageError, helpTemplate
	command.HideHelpCommand = true // simgan help COMMAND and --help are enough
	if len(command.Subcommands) == 0 {
		command.Flags = append(command.Flags, &cli.DurationFlag{
			Name: "grace", Value: defaultGrace, Usage: "stop within `TIME` of a signal, for example 30s, even if a read blocks",
		})
	}
	plainSwitches(command.Flags)
	completeValues(command)
	command.Action = checked(command)
	for _, sub := range command.Subcommands {
		prepare(sub)
	}
}

// checked wraps an action with the checks that urfave/cli omits, or reports as ordinary errors: required flags, stray
// arguments, unknown subcommands.
func checked(command *cli.Command) cli.ActionFunc {
	action, required := command.Action, takeRequired(command.Flags)
	return func(c *cli.Context) error {
		first := c.Args().First()
		if len(command.Subcommands) > 0 {
			if c.Args().Present() {
				return noCommand(command.HelpName, first, command.Subcommands)
			}
			return cli.ShowSubcommandHelp(c)
		}
		if c.Args().Present() && command.ArgsUsage == "" {
			return strayArgument(c, command.HelpName, first)
		}
		var missing []string
		for _, name := range required {
			if !c.IsSet(name) {
				missing = append(missing, "--"+name)
			}
		}
		if len(missing) > 0 {
			return exit.Usagef("%s needs %s; see %[2]s --help", command.HelpName, strings.Join(missing, " and "))
		}
		if c.Context.Value(parseOnly{}) != nil {
			return nil
		}
		grace := c.Duration("grace")
		if grace <= 0 {
			return exit.Usagef("--grace is %s; use more than 0, for example 30s", grace)
		}
		setGrace(c.Context, grace)
		if err := expandHome(c); err != nil {
			return err
		}
		if c.Bool("quiet") {
			c.App.Writer = warningsOnly{c.App.Writer}
		}
		return action(c)
	}
}

// parseOnly is the key of a context in which commands are parsed and not run.
type parseOnly struct{}

// parses returns an error if simgan does not take these arguments. It runs nothing.
func parses(args []string) error {
	return newApp(io.Discard, io.Discard).RunContext(
		context.WithValue(context.Background(), parseOnly{}, true), append([]string{"simgan"}, args...))
}

// noCommand returns the error of an unknown command, with the command that is most like it.
func noCommand(of, name string, commands []*cli.Command) error {
	return exit.Usagef("%s has no command %q. %s (%[2]s --help lists all)", of, name, cli.SuggestCommand(commands, name))
}

// plainSwitches removes "(default: false)" from the help.
func plainSwitches(flags []cli.Flag) {
	for _, f := range flags {
		if b, ok := f.(*cli.BoolFlag); ok {
			b.DisableDefaultText = true
		}
	}
}

// takeRequired returns the names of the required flags and makes them optional for urfave/cli: checked reports them.
func takeRequired(flags []cli.Flag) (names []string) {
	for _, f := range flags {
		var required *bool
		switch f := f.(type) {
		case *cli.StringFlag:
			required = &f.Required
		case *cli.StringSliceFlag:
			required = &f.Required
		default:
			continue
		}
		if *required {
			names, *required = append(names, f.Names()[0]), false
		}
	}
	return names
}
