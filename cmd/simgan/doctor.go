package main

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"syscall"

	"github.com/urfave/cli/v2"

	"simgan/cgo"
)

func newDoctorCommand() *cli.Command {
	return &cli.Command{
		Name: "doctor", Usage: "what is installed, what is missing and the command that mends it",
		Action: func(c *cli.Context) error { return runDoctor(c.App.Writer) },
	}
}

func newVersionCommand() *cli.Command {
	return &cli.Command{
		Name: "version", Usage: "the version of simgan and of libtorch",
		Action: func(c *cli.Context) error {
			torch, _, err := cgo.Version()
			if err == nil {
				fmt.Fprintf(c.App.Writer, "simgan %s, libtorch %s, %s\n", version, torch, runtime.Version())
			}
			return err
		},
	}
}

func runDoctor(out io.Writer) error {
	torch, instructions, err := cgo.Version()
	if err != nil {
		return err
	}
	bfloat := "no bfloat16 in hardware: train.precision=auto means float32"
	if cgo.HasBFloat16(cgo.CPU) {
		bfloat = "bfloat16 in hardware"
	}
	fmt.Fprintf(out, "libtorch   %s\n", torch)
	fmt.Fprintf(out, "processor  %d threads, %s, %s\n", runtime.NumCPU(), instructions, bfloat)
	if n, err := cgo.CUDADevices(); err != nil {
		fmt.Fprintf(out, "CUDA       none: %v\n", err)
		fmt.Fprintf(out, "           training runs on the CPU; for a GPU install its driver and, in Python, torch==2.11.0, then `make build`\n")
	} else {
		fmt.Fprintf(out, "CUDA       %d device(s)\n", n)
	}
	if driver, err := os.ReadFile("/proc/driver/nvidia/version"); err == nil {
		fmt.Fprintf(out, "driver     %s", driver)
	} else {
		fmt.Fprintln(out, "driver     no NVIDIA driver is loaded")
	}
	here, err := filepath.Abs(".")
	if err != nil {
		return err
	}
	var disk syscall.Statfs_t
	if err := syscall.Statfs(here, &disk); err != nil {
		return fmt.Errorf("%s: %w", here, err)
	}
	fmt.Fprintf(out, "disk       %.0f GB free in %s\n", float64(disk.Bavail)*float64(disk.Bsize)/1e9, here)
	return nil
}
