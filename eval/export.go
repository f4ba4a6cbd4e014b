package eval

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"

	"simgan/cgo"
	"simgan/data"
	"simgan/internal/atomicfile"
	"simgan/internal/exit"
	"simgan/models"
	"simgan/trainer"
)

// ExportOptions are what ExportONNX takes.
type ExportOptions struct {
	Run        string // the run folder whose refiner is exported
	Checkpoint string // best, latest or a step; "": latest
	ONNX       string // the new .onnx file
	Example    string // a safetensors file of exampleImages images, their noise and their refined versions; "": none
	Version    string // of simgan, for the file's producer
}

// exampleImages is the number of images in an example.
const exampleImages = 5

// ExportONNX writes the refiner of a run's checkpoint, its moving average if there is one, as ONNX. If ctx is
// cancelled, the error is its cause.
func ExportONNX(ctx context.Context, o ExportOptions) error {
	if err := errors.Join(checkNew("--onnx", o.ONNX), checkNew("--example", o.Example)); err != nil {
		return err
	}
	l, err := trainer.LoadCheckpoint(o.Run, o.Checkpoint, cgo.CPU)
	if err != nil {
		return err
	}
	r, config := l.Refiner, l.Config
	defer r.Close()
	model, err := r.ONNX()
	if err != nil {
		return err
	}
	model.Version = o.Version
	if err := provenance(model.Metadata, l); err != nil {
		return err
	}
	// Without the run's images the file does not say how many bits and pixels they had.
	ds, noData := data.OpenContext(ctx, config.Data.Synthetic)
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	if noData == nil {
		defer ds.Close()
		info := ds.Info()
		model.Metadata["simgan.bits"] = strconv.Itoa(info.Bits)
		model.Metadata["simgan.trained_on"] = fmt.Sprintf("%dx%dx%d (channels, height, width)", info.C, info.H, info.W)
	} else if o.Example != "" {
		return fmt.Errorf("--example: data.synthetic: %w", noData)
	}
	if err := atomicfile.Write(o.ONNX, model.Marshal()); err != nil {
		return err
	}
	if o.Example == "" {
		return nil
	}
	return writeExample(ctx, o.Example, r, ds, config.Seed)
}

// checkNew refuses a file that exists, or whose folder does not. An empty path is none.
func checkNew(flag, path string) error {
	if path == "" {
		return nil
	}
	if _, err := os.Stat(filepath.Dir(path)); err != nil {
		return exit.Usagef("%s %s: its folder: %w; make it first", flag, path, err)
	}
	if _, err := os.Lstat(path); err == nil {
		return exit.Usagef("%s %s exists already: remove it, or name another file", flag, path)
	}
	return nil
}

// provenance adds which run and checkpoint a model is from.
func provenance(metadata map[string]string, l trainer.Loaded) error {
	text, err := l.Config.YAML()
	if err != nil {
		return err
	}
	metadata["simgan.config"] = string(text)
	metadata["simgan.checkpoint"] = l.Checkpoint
	return nil
}

// writeExample writes the tensors image, noise (if R takes noise) and refined, to check another runtime.
func writeExample(ctx context.Context, path string, r *models.Refiner, ds data.Dataset, seed uint64) error {
	b, err := data.LoadRange(ctx, ds, 0, min(exampleImages, ds.Len()))
	if err != nil {
		return err
	}
	noise, err := cgo.NewGenerator(cgo.CPU, seed)
	if err != nil {
		return err
	}
	defer noise.Close()
	return cgo.Within(func(s *cgo.Scope) error {
		return cgo.NoGrad(func() error {
			x := s.From(b.Values, cgo.CPU, int64(b.N), int64(b.C), int64(b.H), int64(b.W))
			drawn := models.DrawNoise(s, r.Config.Noise, noise, int64(b.N), int64(b.H), int64(b.W))
			tensors := []models.Param{{Name: "image", Tensor: x}, {Name: "refined", Tensor: r.Forward(s, x, drawn, false)}}
			if drawn.T != nil {
				tensors = append(tensors, models.Param{Name: "noise", Tensor: drawn})
			}
			if s.Err() != nil {
				return s.Err()
			}
			return models.Save(path, tensors, nil)
		})
	})
}
