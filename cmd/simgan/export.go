package main

import (
	"context"
	"fmt"
	"io"

	"github.com/urfave/cli/v2"

	"simgan/cgo"
	"simgan/eval"
)

func newExportCommand() *cli.Command {
	return &cli.Command{
		Name: "export", Usage: "writes the refiner as ONNX, for other programs",
		Description: "The model takes batches of any size: `image`, and `noise` if the refiner has noise. " +
			"It returns `refined`.\n" +
			"The file's doc strings and metadata say how to scale images before and after, and how to draw the noise.",
		UsageText: "simgan export --run runs/demo --onnx refiner.onnx\n" +
			"simgan export --run runs/demo --onnx refiner.onnx --example example.safetensors",
		Flags: []cli.Flag{
			&cli.StringFlag{Name: "run", Usage: "run `FOLDER` of the refiner", Required: true},
			checkpointFlag(),
			&cli.StringFlag{Name: "onnx", Usage: "write the model to `FILE`", Required: true},
			&cli.StringFlag{
				Name: "example",
				Usage: "write five images, their noise and their refined versions to `FILE` (safetensors), " +
					"to check another runtime",
			},
		},
		Action: func(c *cli.Context) error {
			return runExport(c.Context, eval.ExportOptions{
				Run: c.String("run"), Checkpoint: c.String("checkpoint"), ONNX: c.String("onnx"),
				Example: c.String("example"), Version: version(),
			}, c.App.Writer)
		},
	}
}

func runExport(ctx context.Context, o eval.ExportOptions, out io.Writer) error {
	if _, err := cgo.Start(0); err != nil {
		return err
	}
	if err := eval.ExportONNX(ctx, o); err != nil {
		return err
	}
	fmt.Fprintf(out, "the refiner is %s\n", o.ONNX)
	return nil
}
