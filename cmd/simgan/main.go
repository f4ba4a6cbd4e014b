// Command simgan trains SimGAN, refines data sets with it and shows what that gained.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"syscall"

	"github.com/urfave/cli/v2"

	"simgan/internal/filelock"
)

func main() {
	invokedAs = os.Args[0]
	os.Exit(run(os.Args, os.Stdout, os.Stderr))
}

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

// answering lists the commands whose output is all that they do; the others have --quiet.
var answering = []string{"check", "turing", "doctor", "completion", "version"}

func newApp(out, problems io.Writer) *cli.App {
	app := &cli.App{
		Name: "simgan", Usage: "makes rendered images look real, keeps their labels, and measures the gain",
		Version: version(), Writer: out, ErrWriter: problems, HideVersion: true,
		EnableBashCompletion: true, Suggest: true, OnUsageError: usageError,
		DisableSliceFlagSeparator: true,                         // SPECs hold commas
		ExitErrHandler:            func(*cli.Context, error) {}, // exitCode decides
		Flags: []cli.Flag{&cli.BoolFlag{
			Name: "version", Usage: "the version of simgan and of libtorch", DisableDefaultText: true,
		}},
		Action: func(c *cli.Context) error {
			if c.Bool("version") {
				return runVersion(c.App.Writer)
			}
			if c.Args().Present() {
				return noCommand(c.App.Name, c.Args().First(), c.App.Commands)
			}
			return cli.ShowAppHelp(c)
		},
		Commands: []*cli.Command{
			newTrainCommand(), newLaunchCommand(), newRefineCommand(), newEvalCommand(), newTuringCommand(), newReportCommand(),
			newExportCommand(), newSimulateCommand(), newPackCommand(), newCheckCommand(), newSweepCommand(),
			newExperimentCommand(), newBenchCommand(), newDoctorCommand(), newCompletionCommand(), newVersionCommand(),
		},
	}
	for _, command := range app.Commands {
		if !slices.Contains(answering, command.Name) {
			addQuiet(command)
		}
		prepare(command)
	}
	return app
}
