package main

import (
	"fmt"

	"github.com/urfave/cli/v2"

	"simgan/eval/report"
)

func newReportCommand() *cli.Command {
	return &cli.Command{
		Name: "report", Usage: "writes the page of a run: report.html in its folder",
		UsageText: "simgan report --run runs/demo",
		Flags:     []cli.Flag{&cli.StringFlag{Name: "run", Usage: "run `FOLDER`", Required: true}},
		Action: func(c *cli.Context) error {
			path, err := report.Write(c.String("run"))
			if err == nil {
				fmt.Fprintf(c.App.Writer, "the run's page is %s\n", path)
			}
			return err
		},
	}
}
