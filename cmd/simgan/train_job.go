package main

import (
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/urfave/cli/v2"

	"simgan/internal/cluster"
	"simgan/internal/exit"
	"simgan/trainer/config"
)

// jobOptions holds the flags of train that print a job of several processes.
type jobOptions struct {
	slurm, kubernetes bool
	processes         int
	image, claim      string
}

func jobFlags() []cli.Flag {
	return []cli.Flag{
		&cli.BoolFlag{Name: "slurm-script", Usage: "print a Slurm script that trains with --processes, and stop"},
		&cli.BoolFlag{Name: "kubernetes", Usage: "print a ConfigMap, a Service and an indexed Job of --processes, and stop"},
		&cli.IntFlag{Name: "processes", Value: 2, Usage: "`N` processes of --slurm-script and --kubernetes"},
		&cli.StringFlag{Name: "image", Value: "simgan-train", Usage: "`IMAGE` of --kubernetes"},
		&cli.StringFlag{
			Name: "claim", Value: "simgan",
			Usage: "persistent volume `CLAIM` of --kubernetes, with the folders runs and data",
		},
	}
}

func jobOptionsOf(c *cli.Context) jobOptions {
	return jobOptions{
		slurm: c.Bool("slurm-script"), kubernetes: c.Bool("kubernetes"), processes: c.Int("processes"),
		image: c.String("image"), claim: c.String("claim"),
	}
}

func (j jobOptions) asked() bool { return j.slurm || j.kubernetes }

// printJob prints the job that trains the run.
func (o trainOptions) printJob(out io.Writer) error {
	j := o.job
	switch {
	case j.slurm && j.kubernetes:
		return exit.Usagef("--slurm-script and --kubernetes: give one of them")
	case o.until > 0 || o.dry:
		return exit.Usagef("--slurm-script and --kubernetes print a job that trains to the end; " +
			"leave out --until and --dry-run")
	case o.run == "":
		return exit.Usagef("--slurm-script and --kubernetes need --run, the folder of the run")
	case j.processes < 1 || j.processes > maxProcesses:
		return exit.Usagef("--processes is %d; use 1 to %d", j.processes, maxProcesses)
	}
	c, err := config.Load(o.preset, o.config, o.settings)
	if err != nil {
		return err
	}
	if _, err := c.ShareOf(j.processes); err != nil {
		return err
	}
	t := cluster.Training{
		Name: filepath.Base(o.run), Processes: j.processes, Threads: c.Threads, GPU: strings.HasPrefix(c.Device, "cuda"),
	}
	if t.Threads == 0 {
		t.Threads = cluster.Threads
	}
	text, err := j.text(t, o, c)
	if err != nil {
		return err
	}
	_, err = out.Write(text)
	return err
}

func (j jobOptions) text(t cluster.Training, o trainOptions, c config.Config) (text []byte, err error) {
	t.Args = []string{"train", "--continue", "--run"}
	if j.kubernetes {
		t.Args = append(t.Args, "/runs/"+t.Name, "--config", cluster.ConfigFile)
		if t.Config, err = c.YAML(); err != nil {
			return nil, err
		}
		return t.Kubernetes(j.image, j.claim)
	}
	t.Args = append(t.Args, o.run)
	if o.preset != "" {
		t.Args = append(t.Args, "--preset", o.preset)
	}
	if o.config != "" {
		t.Args = append(t.Args, "--config", o.config)
	}
	for _, s := range o.settings {
		t.Args = append(t.Args, "--set", s)
	}
	self, err := os.Executable()
	return []byte(t.Slurm(self)), err
}
