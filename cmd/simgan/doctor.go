package main

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"strings"

	"github.com/urfave/cli/v2"

	"simgan/cgo"
	"simgan/internal/amount"
	"simgan/internal/memory"
	"simgan/internal/nvidia"
)

func newDoctorCommand() *cli.Command {
	return &cli.Command{
		Name: "doctor", Usage: "reports what is installed, what is missing and how to install it",
		UsageText: "simgan doctor",
		Action:    func(c *cli.Context) error { return runDoctor(c.App.Writer) },
	}
}

func runDoctor(out io.Writer) error {
	torch, instructions, err := cgo.Version()
	if err != nil {
		return err
	}
	bfloat := "no AMX: train.precision=auto means float32"
	if cgo.HasAMX() {
		bfloat = "AMX: train.precision=auto means bfloat16"
	}
	fmt.Fprintf(out, "libtorch   %s, %s\n", torch, libraryFolder())
	fmt.Fprintf(out, "processor  %d threads, %s, %s\n", runtime.NumCPU(), instructions, bfloat)
	reportGPU(out)
	here, err := filepath.Abs(".")
	if err != nil {
		return err
	}
	disk, err := memory.FreeDisk(here)
	if err != nil {
		return err
	}
	fmt.Fprintf(out, "disk       %s free in %s\n", amount.Bytes(disk), here)
	return nil
}

// reportGPU says what a GPU run would find, from the driver up.
func reportGPU(out io.Writer) {
	driver, noDriver := os.ReadFile("/proc/driver/nvidia/version")
	if noDriver != nil {
		fmt.Fprintln(out, "driver     no NVIDIA driver is loaded: for a GPU, install your distribution's nvidia-driver")
	} else {
		fmt.Fprintf(out, "driver     %s\n", strings.TrimPrefix(strings.SplitN(string(driver), "\n", 2)[0], "NVRM version: "))
	}
	if n, err := cgo.CUDADevices(); err != nil {
		fmt.Fprintf(out, "CUDA       none: %v\n", err)
		if noDriver == nil {
			fmt.Fprintf(out, "           CUDA's libraries: %s\n", cudaAdvice())
		}
		fmt.Fprintln(out, "           training runs on the CPU")
	} else {
		fmt.Fprintf(out, "CUDA       %d device(s): %s\n", n, strings.Join(nvidia.Models(), ", "))
		if err := cgo.CUDAExtras(); err != nil {
			fmt.Fprintf(out, "           without CUDA graphs and fused layers: %v\n", err)
		}
	}
	if v, err := cgo.CuDNN(); err != nil {
		fmt.Fprintln(out, "cuDNN      none: it comes with CUDA's libraries")
	} else {
		fmt.Fprintf(out, "cuDNN      %d.%d.%d\n", v/10000, v/100%100, v%100)
	}
}

// cudaAdvice says how to get CUDA's libraries. The archive of `make dist` has a script for it.
func cudaAdvice() string {
	if program, err := os.Executable(); err == nil {
		script := filepath.Join(filepath.Dir(filepath.Dir(program)), "gpu.sh")
		if _, err := os.Stat(script); err == nil {
			return "bash " + script
		}
	}
	return "pip install torch==2.11.0, then `make build` with that Python first on PATH"
}

// libraryFolder returns the folder from which this process loaded libtorch.
func libraryFolder() string {
	maps, _ := os.ReadFile("/proc/self/maps") // there on every Linux; the path is for readers only
	for line := range strings.Lines(string(maps)) {
		if i := strings.Index(line, "/"); i >= 0 && strings.HasSuffix(strings.TrimSpace(line), "libtorch_cpu.so") {
			return filepath.Dir(line[i:])
		}
	}
	return "unknown folder"
}
