package trainer

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"regexp"
	"strings"

	"gopkg.in/yaml.v3"

	"simgan/configs"
	"simgan/models"
)

// ErrConfig is what errors.Is finds in errors of a config: bad usage, exit code 2.
var ErrConfig = errors.New("config")

// LoadConfig is Default, overlaid by the preset (if named), the file (if named), and the settings key=value, in this order.
// Its error lists every problem at once, with file and line.
func LoadConfig(preset, file string, settings []string) (Config, error) {
	c := Default()
	var problems []error
	if preset != "" {
		text, err := configs.Preset(preset)
		problems = append(problems, err, c.overlay("preset "+preset, text))
	}
	test := c.Data.Test // of the built-in images: no test of a model for other real images
	c.Data.Test = ""
	if file != "" {
		text, err := os.ReadFile(file)
		problems = append(problems, err, c.overlay(file, text))
	}
	for _, setting := range settings {
		problems = append(problems, c.set(setting))
	}
	if c.Data.Test == "" && strings.HasPrefix(c.Data.Real, "simulated:") {
		c.Data.Test = test
	}
	if err := errors.Join(problems...); err != nil {
		return c, fmt.Errorf("%w: %w", ErrConfig, err)
	}
	if err := c.Validate(); err != nil {
		return c, fmt.Errorf("%w: %w", ErrConfig, err)
	}
	return c, nil
}

// overlay sets the keys that the YAML text has.
func (c *Config) overlay(source string, text []byte) error {
	d := yaml.NewDecoder(bytes.NewReader(text))
	d.KnownFields(true)
	err := d.Decode(c)
	var typed *yaml.TypeError
	switch {
	case errors.Is(err, io.EOF): // an empty file changes nothing
		return nil
	case errors.As(err, &typed):
		return fmt.Errorf("%s: %s", source, readable(strings.Join(typed.Errors, "; ")))
	case err != nil:
		return fmt.Errorf("%s: %w", source, err)
	}
	if err := d.Decode(&yaml.Node{}); !errors.Is(err, io.EOF) {
		return fmt.Errorf("%s: holds more than one YAML document (behind ---): keep one", source)
	}
	return nil
}

// readable says in a user's words what yaml.v3 says in Go's.
func readable(message string) string {
	for _, name := range []string{
		"trainer.Config", "trainer.DataConfig", "trainer.TrainConfig", "trainer.LogConfig", "trainer.GuardConfig",
		"models.RefinerConfig", "models.NoiseConfig", "models.DiscriminatorConfig",
	} {
		message = strings.ReplaceAll(message, " not found in type "+name, " is no config key (simgan train --dry-run prints them all)")
	}
	return strings.ReplaceAll(message, "cannot unmarshal !!", "cannot read ")
}

// set applies one key=value, the key as a dotted path.
func (c *Config) set(setting string) error {
	key, value, ok := strings.Cut(setting, "=")
	if !ok {
		return fmt.Errorf("--set %s: write key=value", setting)
	}
	var text strings.Builder
	for depth, part := range strings.Split(strings.TrimSpace(key), ".") {
		fmt.Fprintf(&text, "\n%s%s:", strings.Repeat(" ", depth), part)
	}
	if !plain(value) {
		value = fmt.Sprintf("%q", value)
	}
	if err := c.overlay("--set "+setting, []byte(text.String()+" "+value)); err != nil {
		return errors.New(yamlLine.ReplaceAllString(err.Error(), ""))
	}
	return nil
}

// yamlLine is a line of the YAML that set makes up; its user wrote none.
var yamlLine = regexp.MustCompile(`(yaml: )?line \d+: `)

// plain tells whether a value means in YAML what it says: a path may hold what starts a comment there, or a key.
func plain(value string) bool {
	var node yaml.Node
	err := yaml.Unmarshal([]byte(value), &node)
	return err == nil && len(node.Content) == 1 && node.Content[0].LineComment == "" && node.FootComment == "" && !strings.Contains(value, ": ")
}

// Validate reports every value that no run could use.
func (c *Config) Validate() error {
	var problems []error
	need := func(ok bool, format string, args ...any) {
		if !ok {
			problems = append(problems, fmt.Errorf(format, args...))
		}
	}
	t, r, d := c.Train, c.Refiner, c.Discriminator
	for _, v := range []struct {
		key   string
		value float64
	}{
		{"train.lambda", t.Lambda},
		{"train.lr_refiner", t.LRRefiner},
		{"train.lr_discriminator", t.LRDiscriminator},
		{"train.r1", t.R1},
		{"discriminator.width", d.Width},
	} {
		need(!math.IsInf(v.value, 0), "%s is %g; use a finite number", v.key, v.value)
	}
	for _, v := range []struct {
		key    string
		value  int
		lowest int
	}{
		{"train.steps", t.Steps, 0},
		{"train.batch", t.Batch, 1},
		{"train.k_g", t.KG, 1},
		{"train.k_d", t.KD, 1},
		{"train.pretrain_refiner", t.PretrainRefiner, 0},
		{"train.pretrain_discriminator", t.PretrainDiscriminator, 0},
		{"train.history", t.History, 0},
		{"train.r1_every", t.R1Every, 1},
		{"refiner.blocks", r.Blocks, 0},
		{"refiner.width", r.Width, 1},
		{"data.workers", c.Data.Workers, 0},
		{"data.skip_bad", c.Data.SkipBad, 0},
		{"threads", c.Threads, 0},
		{"log.every", c.Log.Every, 0},
		{"log.samples_every", c.Log.SamplesEvery, 0},
		{"log.checkpoint_every", c.Log.CheckpointEvery, 0},
		{"log.keep", c.Log.Keep, 0},
		{"guard.patience", c.Guard.Patience, 0},
		{"guard.warn_after", c.Guard.WarnAfter, 1},
	} {
		need(v.value >= v.lowest, "%s is %d; use %d or more", v.key, v.value, v.lowest)
	}
	need(t.History == 0 || t.Batch%2 == 0, "train.batch is %d, but with history half of a batch is drawn from it: use an even number, or train.history=0", t.Batch)
	need(t.History == 0 || t.History >= t.Batch/2, "train.history is %d; use at least half of train.batch, or 0", t.History)
	need(t.Lambda >= 0, "train.lambda is %g; use 0 or more", t.Lambda)
	need(t.LRRefiner > 0 && t.LRDiscriminator > 0, "train.lr_refiner and train.lr_discriminator are %g and %g; use more than 0", t.LRRefiner, t.LRDiscriminator)
	need(t.EMA >= 0 && t.EMA < 1, "train.ema is %g; use 0 (off) to below 1", t.EMA)
	need(t.R1 >= 0, "train.r1 is %g; use 0 (off) or more", t.R1)
	need(t.Beta1 >= 0 && t.Beta1 < 1 && t.Beta2 >= 0 && t.Beta2 < 1, "train.beta1 and train.beta2 are %g and %g; use 0 to below 1", t.Beta1, t.Beta2)
	need(r.Kernel > 0 && r.Kernel%2 == 1 && r.BlockKernel > 0 && r.BlockKernel%2 == 1, "refiner.kernel and refiner.block_kernel are %d and %d; use odd numbers", r.Kernel, r.BlockKernel)
	need(d.Width > 0, "discriminator.width is %g; use more than 0", d.Width)
	need(r.Noise.Kind != "multiscale" || r.Noise.Grid > 0 && r.Noise.Coarse >= 0 && r.Noise.Constants >= 0, "refiner.noise: grid must be above 0, coarse and constants 0 or more")
	for _, share := range []float64{c.Guard.Collapse, c.Guard.Unchanged, c.Guard.DWins} {
		need(share >= 0 && share <= 1, "guard: collapse, unchanged or d_wins is %g; use 0 (off) to 1", share)
	}
	_, paddingErr := models.ParsePadding(r.Padding)
	need(paddingErr == nil, "refiner.%v", paddingErr)
	for _, v := range []struct{ key, value, choices string }{
		{"data.resident", c.Data.Resident, "auto on off"},
		{"train.psi", t.Psi, "identity derivatives mean learned"},
		{"train.optimizer", t.Optimizer, "sgd adam"},
		{"train.lr_decay", t.LRDecay, "none linear"},
		{"train.precision", t.Precision, "auto float32 bfloat16"},
		{"train.capture", t.Capture, "auto on off"},
		{"refiner.noise.kind", r.Noise.Kind, "none pixel multiscale"},
		{"refiner.normalization", r.Normalization, "none batch"},
		{"discriminator.normalization", d.Normalization, "none batch"},
		{"discriminator.layers", d.Layers, "gaze hand"},
	} {
		choices := strings.Fields(v.choices)
		found := false
		for _, choice := range choices {
			found = found || choice == v.value
		}
		need(found, "%s is %q; use %s", v.key, v.value, strings.Join(choices, ", "))
	}
	return errors.Join(problems...)
}
