package main

import "github.com/urfave/cli/v2"

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
	completeValues(command)
	for _, sub := range command.Subcommands {
		prepare(sub, usage)
	}
}
