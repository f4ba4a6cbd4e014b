package main

import (
	"fmt"
	"io"
	"os"
	"runtime"

	"github.com/urfave/cli/v2"

	"simgan/cgo"
	"simgan/trainer/rundir"
)

// release is simgan's version, the newest in CHANGELOG.md.
const release = "0.1.0"

// commit is the source's commit, which the linker sets; "" if unknown.
var commit string

// version returns the release with its commit, as "0.1.0 (855be02)".
func version() string {
	if commit == "" {
		return release
	}
	return release + " (" + commit + ")"
}

// thisProcess returns what the command knows of this process, for a run's provenance.
func thisProcess(work string) rundir.Process {
	return rundir.Process{Work: work, Version: release, Commit: commit, Command: os.Args}
}

func newVersionCommand() *cli.Command {
	return &cli.Command{
		Name: "version", Usage: "the version of simgan and of libtorch", UsageText: "simgan version",
		Action: func(c *cli.Context) error { return runVersion(c.App.Writer) },
	}
}

func runVersion(out io.Writer) error {
	torch, _, err := cgo.Version()
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(out, "simgan %s, libtorch %s, %s\n", version(), torch, runtime.Version())
	return err
}
