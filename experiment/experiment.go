// Package experiment repeats the paper's comparisons on any data. Each experiment trains a few variants of a config
// with several seeds, a sweep per variant, and evaluates them with the control. What has been trained and evaluated
// stays, so that an experiment that was stopped or killed goes on where it was.
package experiment

import (
	"fmt"
	"slices"
	"strconv"

	"simgan/internal/exit"
	"simgan/models/architecture"
	"simgan/trainer/config"
)

// Experiment is one of the paper's comparisons.
type Experiment struct {
	Name     string
	Preset   string // default of Options.Preset
	Task     string // default of Options.Task: the command of eval
	Paper    string // what the paper says
	Compared string // what the variants are
	// variants returns what is compared, the first one being the config as it is.
	variants func(base config.Config, o Options) ([]variant, error)
	allRows  bool // variants differ in their data, so that every row is evaluated for each
}

// variant is one setting of an experiment.
type variant struct {
	Name     string
	Settings []string // as train --set
	Note     string   // for the page
}

// All returns the experiments in the order of the help.
func All() []Experiment {
	return []Experiment{
		{
			Name: "gaze-table", Preset: "gaze-demo", Task: "gaze", variants: sizes(4), allRows: true,
			Paper: "refined images train better gaze estimators than synthetic ones, and the more of them the better: " +
				"within 7 degrees 64.9 % synthetic, 87.2 % refined, with 4x of the images",
			Compared: "1x and 4x synthetic images, a refiner trained on each",
		}, {
			Name: "hand-table", Preset: "hand-demo", Task: "hand", variants: sizes(3), allRows: true,
			Paper: "joints within 5 pixels: 77.7 % synthetic, 83.3 % refined with 3x of the images, 74.5 % real",
			Compared: "1x and 3x synthetic images (the paper's 3x are three camera views), a refiner trained on each, and the " +
				"share of joints within 1 to 20 pixels",
		}, {
			Name: "history", Preset: "gaze-demo", Task: "gaze", variants: history,
			Paper: "without the history of refined images the gaze error is 12.2 degrees instead of 7.8, " +
				"and artefacts appear",
			Compared: "train.history as it is and off",
		}, {
			Name: "local", Preset: "gaze-demo", Task: "gaze", variants: local,
			Paper: "a discriminator that judges whole images makes refined images with artefacts; " +
				"patches avoid them (figure)",
			Compared: "discriminator.loss local (each patch) and global (the mean of an image's features)",
		}, {
			Name: "psi", Preset: "gaze-demo", Task: "gaze", variants: psi,
			Paper: "psi may be the identity, derivatives, the mean of colour channels, or learned; " +
				"the identity is used throughout",
			Compared: "the four features that l_reg compares, with the same lambda",
		}, {
			Name: "lambda", Preset: "gaze-demo", Task: "gaze", variants: lambda,
			Paper:    "lambda weighs l_reg, so that labels are kept; no figure is given for other values",
			Compared: "train.lambda times 0.1, 0.3, 1, 3 and 10",
		}, {
			Name: "noise", Preset: "gaze-demo", Task: "gaze", variants: noise,
			Paper:    "a noise vector for several refined versions of an image is named as future work",
			Compared: "refiner.noise.kind none, pixel and multiscale",
		}, {
			Name: "ema", Preset: "gaze-demo", Task: "gaze", variants: ema,
			Paper:    "a running average of the parameters (Salimans et al. 2016) may be combined with the history",
			Compared: "train.ema as it is and off",
		},
	}
}

// sizes compares the synthetic images with factor times as many.
func sizes(factor int) func(config.Config, Options) ([]variant, error) {
	return func(base config.Config, o Options) ([]variant, error) {
		larger := o.Larger
		if larger == "" {
			var err error
			if larger, err = timesAsMany(base.Data.Synthetic, factor); err != nil {
				return nil, err
			}
		}
		return []variant{
			{Name: "1x"}, {Name: fmt.Sprintf("%dx", factor), Settings: []string{"data.synthetic=" + larger}},
		}, nil
	}
}

func history(base config.Config, _ Options) ([]variant, error) {
	if base.Train.History == 0 {
		return nil, exit.Usagef("train.history is 0 in the config; the experiment compares it with a history: set it to auto")
	}
	return []variant{
		{Name: fmt.Sprintf("history of %v images", base.Train.History)},
		{Name: "no history", Settings: []string{"train.history=0"}},
	}, nil
}

func local(base config.Config, _ Options) ([]variant, error) {
	if base.Discriminator.Loss != architecture.LocalLoss {
		return nil, exit.Usagef("discriminator.loss is global in the config; leave it out")
	}
	return []variant{{Name: "local"}, {
		Name: "global", Settings: []string{"discriminator.loss=global"},
		Note: "The mean of an image's features decides for the whole image (global average pooling and a linear layer). " +
			"The paper uses a fully connected layer.",
	}}, nil
}

func psi(base config.Config, o Options) ([]variant, error) {
	if o.Task != "gaze" {
		return nil, exit.Usagef("psi: its learned features are those of a gaze estimator; use --task gaze")
	}
	variants := []variant{
		{Name: "identity", Settings: []string{"train.psi=identity"}},
		{Name: "derivatives", Settings: []string{"train.psi=derivatives"}},
		{
			Name: "mean", Settings: []string{"train.psi=mean"},
			Note: "Of grey images the mean of the channels is the identity.",
		},
		{
			Name: "learned", Settings: []string{"train.psi=learned", "train.psi_weights=" + o.estimator()},
			Note: "The first layers of an estimator that was trained on the synthetic images for the first variant.",
		},
	}
	return variants, nil
}

func lambda(base config.Config, _ Options) (variants []variant, err error) {
	if base.Train.Lambda == 0 {
		return nil, exit.Usagef("train.lambda is 0 in the config; the experiment multiplies it")
	}
	for _, factor := range []float64{1, 0.1, 0.3, 3, 10} {
		value := strconv.FormatFloat(base.Train.Lambda*factor, 'g', 6, 64)
		variants = append(variants, variant{Name: "lambda " + value, Settings: []string{"train.lambda=" + value}})
	}
	return variants, nil
}

func noise(base config.Config, _ Options) (variants []variant, err error) {
	kinds := []architecture.NoiseKind{architecture.MultiscaleNoise, architecture.PixelNoise, architecture.NoNoise}
	at := slices.Index(kinds, base.Refiner.Noise.Kind)
	kinds[0], kinds[at] = kinds[at], kinds[0]
	for _, kind := range kinds {
		setting := fmt.Sprintf("refiner.noise.kind=%s", kind)
		variants = append(variants, variant{Name: string(kind), Settings: []string{setting}})
	}
	return variants, nil
}

func ema(base config.Config, _ Options) ([]variant, error) {
	if base.Train.EMA == 0 {
		return nil, exit.Usagef("train.ema is 0 in the config; the experiment compares it with an average: set it to 0.995")
	}
	return []variant{
		{Name: fmt.Sprintf("average, decay %g", base.Train.EMA)}, {Name: "no average", Settings: []string{"train.ema=0"}},
	}, nil
}
