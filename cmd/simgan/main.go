// Command simgan trains SimGAN, refines data sets with it and shows what that gained.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"syscall"

	"github.com/urfave/cli/v2"

	"simgan/internal/exit"
	"simgan/internal/filelock"
)

func main() { os.Exit(run(os.Args, os.Stdout, os.Stderr)) }

// run is the whole program and returns the exit code.
func run(args []string, out, problems io.Writer) int {
	plain := newScreen(problems, func() {})
	ctx, stopper := newStopper(plain)
	defer stopper.close()
	filelock.Warn = func(text string) { fmt.Fprintln(plain, "warning:", text) }
	err := newApp(newScreen(out, func() { stopper.stop(syscall.SIGPIPE, "") }), plain).RunContext(ctx, args)
	if ctx.Err() != nil && errors.Is(err, syscall.EPIPE) {
		err = context.Cause(ctx)
	}
	if err != nil {
		fmt.Fprintln(plain, "simgan:", err)
	}
	return exitCode(err)
}

func newApp(out, problems io.Writer) *cli.App {
	usage := func(_ *cli.Context, err error, _ bool) error { return exit.Usagef("%w", err) }
	app := &cli.App{
		Name: "simgan", Usage: "makes rendered images real, labels kept, and shows what that gained",
		Version: version(), Writer: out, ErrWriter: problems, HideVersion: true,
		EnableBashCompletion: true, Suggest: true, OnUsageError: usage,
		DisableSliceFlagSeparator: true,                         // SPECs hold commas
		ExitErrHandler:            func(*cli.Context, error) {}, // exitCode decides
		Action: func(c *cli.Context) error {
			if c.Args().Present() {
				return noCommand(c.App.Name, c.Args().First(), c.App.Commands)
			}
			return cli.ShowAppHelp(c)
		},
		Commands: []*cli.Command{
			newTrainCommand(), newRefineCommand(), newEvalCommand(), newReportCommand(), newExportCommand(),
			newSimulateCommand(), newPackCommand(), newCheckCommand(), newSweepCommand(), newBenchCommand(), newDoctorCommand(),
			newCompletionCommand(), newVersionCommand(),
		},
	}
	for _, command := range app.Commands {
		prepare(command, usage)
	}
	return app
}
