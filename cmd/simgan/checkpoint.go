package main

import (
	"github.com/urfave/cli/v2"

	"simgan/trainer/rundir"
)

// checkpointFlag returns the flag that chooses a run's checkpoint.
func checkpointFlag() cli.Flag {
	return &cli.StringFlag{
		Name: "checkpoint", Value: rundir.LatestName,
		Usage: "`NAME` of the run's checkpoint: best (that of eval --choose, else the least realism_distance), latest, " +
			"or a step",
	}
}
