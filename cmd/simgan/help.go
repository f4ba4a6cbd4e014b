package main

import (
	"strings"

	"github.com/urfave/cli/v2"

	"simgan/internal/exit"
)

// helpTemplate shows a command's UsageText, a line each, as its examples.
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
func prepare(command *cli.Command, usage cli.OnUsageErrorFunc) {
	command.OnUsageError, command.CustomHelpTemplate = usage, helpTemplate
	command.HideHelpCommand = true // simgan help COMMAND and --help are enough
	plainSwitches(command.Flags)
	completeValues(command)
	command.Action = checked(command)
	for _, sub := range command.Subcommands {
		prepare(sub, usage)
	}
}

// checked is the command's action behind the checks that the library leaves out, or ends with an error that cannot be told
// from a failure's: flags that must be given, arguments where none is taken, commands that are not there.
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
			return exit.Usagef("%s takes no argument %q", command.HelpName, first)
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
		return action(c)
	}
}

// noCommand is the error of a command that is not there, with the one that is most like it.
func noCommand(of, name string, commands []*cli.Command) error {
	return exit.Usagef("%s has no command %q. %s (%[2]s --help lists all)", of, name, cli.SuggestCommand(commands, name))
}

// plainSwitches leaves "(default: false)" out of the help.
func plainSwitches(flags []cli.Flag) {
	for _, f := range flags {
		if b, ok := f.(*cli.BoolFlag); ok {
			b.DisableDefaultText = true
		}
	}
}

// takeRequired are the names of the flags that must be given; the library does not check them any more.
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
