// Package trainer trains SimGAN: Algorithm 1 of the paper, and the run folder around it.
package trainer

import "simgan/models"

//go:generate go run simgan/cmd/configdoc .. ../docs/config.md

// Config is everything a run depends on. Its YAML keys are what `--config`, `--set` and sweeps use.
type Config struct {
	Seed          uint64                     `yaml:"seed"`    // of weights, data order, noise and history
	Device        string                     `yaml:"device"`  // auto (the first GPU, else the CPU), cpu, cuda or cuda:N
	Threads       int                        `yaml:"threads"` // CPU threads of libtorch, 0: $OMP_NUM_THREADS, else all cores; sums, and so a run's last bits, depend on their number
	Data          DataConfig                 `yaml:"data"`
	Refiner       models.RefinerConfig       `yaml:"refiner"`
	Discriminator models.DiscriminatorConfig `yaml:"discriminator"`
	Train         TrainConfig                `yaml:"train"`
	Log           LogConfig                  `yaml:"log"`
	Guard         GuardConfig                `yaml:"guard"`
}

// DataConfig says where images come from, as SPECs (docs/data.md).
type DataConfig struct {
	Synthetic string `yaml:"synthetic"` // x_i: synthetic images, labelled
	Real      string `yaml:"real"`      // y_j: real images; labels, where they have some, are not used in training
	Test      string `yaml:"test"`      // real, labelled images that only eval sees; with real images of your own there are none unless you name them
	Workers   int    `yaml:"workers"`   // goroutines that decode, 0: one a core
	SkipBad   int    `yaml:"skip_bad"`  // bad files to go on past, each with a warning; 0: stop at the first
	Resident  string `yaml:"resident"`  // on: images stay on the training device once they were there, 1 or 2 bytes a sample; off; auto: where both sets fit into half of its free memory (on the CPU packs stay mapped)
}

// TrainConfig holds the paper's hyperparameters.
type TrainConfig struct {
	Steps                 int     `yaml:"steps"`                  // T: iterations of Algorithm 1
	Batch                 int     `yaml:"batch"`                  // b: images of a mini-batch; even where history is on
	KG                    int     `yaml:"k_g"`                    // K_g: refiner updates an iteration
	KD                    int     `yaml:"k_d"`                    // K_d: discriminator updates an iteration
	PretrainRefiner       int     `yaml:"pretrain_refiner"`       // updates of R on l_reg alone, before
	PretrainDiscriminator int     `yaml:"pretrain_discriminator"` // updates of D alone, before
	History               int     `yaml:"history"`                // B: refined images kept, 0: off
	Lambda                float64 `yaml:"lambda"`                 // weight of l_reg: L1 summed over psi, averaged over images, pixels in [-1, 1]
	Psi                   string  `yaml:"psi"`                    // identity, derivatives, mean or learned
	PsiWeights            string  `yaml:"psi_weights"`            // psi learned: safetensors of a gaze estimator (conv1.weight ... fc2.bias), as eval gaze --save writes them; its first three layers are psi
	Optimizer             string  `yaml:"optimizer"`              // sgd [2 re-implementations] or adam
	LRRefiner             float64 `yaml:"lr_refiner"`             // learning rate of R
	LRDiscriminator       float64 `yaml:"lr_discriminator"`       // learning rate of D
	LRDecay               string  `yaml:"lr_decay"`               // none, or linear: to 0 at step T
	Beta1                 float64 `yaml:"beta1"`                  // Adam's decay of the first moment
	Beta2                 float64 `yaml:"beta2"`                  // Adam's decay of the second moment
	EMA                   float64 `yaml:"ema"`                    // decay of R's moving average a refiner update, 0: off [Salimans et al. 2016]
	R1                    float64 `yaml:"r1"`                     // gradient penalty on D at real images, 0: off [Mescheder et al. 2018]
	R1Every               int     `yaml:"r1_every"`               // D updates between penalties, each scaled by this
	Precision             string  `yaml:"precision"`              // float32, bfloat16, or auto: bfloat16 where the hardware has it
	Capture               string  `yaml:"capture"`                // auto: on a GPU each kind of update is recorded as a CUDA graph, after 3 of its kind, and then launched whole, or made as before where that fails; on: there a failure ends the run; off
}

// LogConfig says how often a run writes what, in steps of Algorithm 1; 0: only at its end.
type LogConfig struct {
	Every           int `yaml:"every"`            // metrics.jsonl, log.txt, TensorBoard
	SamplesEvery    int `yaml:"samples_every"`    // samples/step-NNNNNNN.png
	CheckpointEvery int `yaml:"checkpoint_every"` // checkpoints/step-NNNNNNN
	Keep            int `yaml:"keep"`             // newest checkpoints kept, 0: all
}

// Default is the preset `gaze`: a recipe of our own, measured in docs/method.md.
func Default() Config {
	return Config{
		Seed:   1,
		Device: "auto",
		Data: DataConfig{
			Synthetic: "simulated:eyes,domain=synthetic,n=20000,seed=1",
			Real:      "simulated:eyes,domain=real,n=20000,seed=2",
			Test:      "simulated:eyes,domain=real,n=2000,seed=3",
			Resident:  "auto",
		},
		Refiner: models.RefinerConfig{
			Blocks: 4, Width: 64, Kernel: 3, BlockKernel: 3, Padding: "replicate", Normalization: "none",
			Noise: models.NoiseConfig{Kind: "multiscale", Grid: 9, Coarse: 2, Constants: 4},
		},
		Discriminator: models.DiscriminatorConfig{Layers: "gaze", Width: 1, Normalization: "none"},
		Train: TrainConfig{
			Steps: 2000, Batch: 64, KG: 2, KD: 1, PretrainRefiner: 150, PretrainDiscriminator: 50, History: 6400,
			Lambda: 0.02, Psi: "identity", Optimizer: "adam", LRRefiner: 5e-4, LRDiscriminator: 2e-4, LRDecay: "linear",
			Beta1: 0.5, Beta2: 0.999, EMA: 0.995, R1: 0.1, R1Every: 4, Precision: "auto", Capture: "auto",
		},
		Log:   LogConfig{Every: 50, SamplesEvery: 250, CheckpointEvery: 500, Keep: 3},
		Guard: GuardConfig{Patience: 20, WarnAfter: 3, Collapse: 0.05, Unchanged: 0.15, DWins: 0.99},
	}
}
