// Package config holds everything that a run depends on: its keys, their defaults, presets, loading and checks. It
// knows no torch.
package config

import "simgan/models/architecture"

//go:generate go run simgan/cmd/configdoc ../.. ../../docs/config.md

// Config is everything a run depends on. Its YAML keys are what `--config`, `--set` and sweeps use.
type Config struct {
	Seed   uint64 `yaml:"seed"`   // of weights, data order, noise and history
	Device string `yaml:"device"` // auto (the first GPU, else the CPU), cpu, cuda or cuda:N
	// CPU threads of libtorch, 0: $OMP_NUM_THREADS, else all cores; sums, and so a run's last bits, depend on this
	// number
	Threads       int                        `yaml:"threads"`
	Data          Data                       `yaml:"data"`
	Refiner       architecture.Refiner       `yaml:"refiner"`
	Discriminator architecture.Discriminator `yaml:"discriminator"`
	Train         Train                      `yaml:"train"`
	Log           Log                        `yaml:"log"`
	Eval          Eval                       `yaml:"eval"`
	Guard         Guard                      `yaml:"guard"`
}

// Data says where images come from, as SPECs (docs/data.md).
type Data struct {
	Synthetic string `yaml:"synthetic"` // x_i: synthetic images, labelled
	Real      string `yaml:"real"`      // y_j: real images; training does not use their labels
	// grey images as weights in l_reg and of D's patches, black 0 to white 1: one per synthetic image, with its name, or
	// one for all; "": every pixel counts 1 (docs/weights.md)
	Weights string `yaml:"weights"`
	// real, labelled images that only eval uses; if data.real is yours, there are none until you name them
	Test    string `yaml:"test"`
	Workers int    `yaml:"workers"`  // goroutines that decode, 0: one per core
	SkipBad int    `yaml:"skip_bad"` // bad files to skip, each with a warning; 0: stop at the first
	// on: images stay on the training device after their first use, 1 or 2 bytes per sample; off; auto: on for
	// each set that, with the set before it, fits into half of its free memory (on the CPU packs stay mapped)
	Resident Resident `yaml:"resident"`
}

// Train holds the paper's hyperparameters.
type Train struct {
	Steps                 int `yaml:"steps"`                  // T: iterations of Algorithm 1
	Batch                 int `yaml:"batch"`                  // b: images per mini-batch; even with history or diversity
	KG                    int `yaml:"k_g"`                    // K_g: steps of R per iteration
	KD                    int `yaml:"k_d"`                    // K_d: steps of D per iteration
	PretrainRefiner       int `yaml:"pretrain_refiner"`       // steps of R on l_reg alone, before Algorithm 1
	PretrainDiscriminator int `yaml:"pretrain_discriminator"` // steps of D alone, before Algorithm 1
	// B: refined images kept, 0: off; auto: 100 batches [paper], but at most 10 for each synthetic image
	History History `yaml:"history"`
	// weight of l_reg: L1 summed over psi, averaged over images, pixels in [-1, 1]
	Lambda float64 `yaml:"lambda"`
	// a distance d counts m (1 - exp(-d/m)) in l_reg, m being this limit: large changes of few pixels, as by glints and
	// hairs, cost little; not while R is pretrained; 0: |d| [paper]
	RegLimit float64 `yaml:"reg_limit"`
	// weight of l_label, which keeps what a frozen estimator of the labels sees in R(x) at what it sees in x, in
	// standard deviations; the estimator learns from adapted synthetic images before the run's first step; 0: off
	// [paper]
	Agreement float64 `yaml:"agreement"`
	// weight of l_div, which makes two refined versions of an image, of different noise, differ; 0: off [paper]
	Diversity float64          `yaml:"diversity"`
	Psi       architecture.Psi `yaml:"psi"` // identity, derivatives, mean or learned
	// for psi learned: safetensors of a gaze estimator (conv1.weight ... fc2.bias), as eval gaze --save writes them;
	// its first three layers are psi
	PsiWeights      string    `yaml:"psi_weights"`
	Optimizer       Optimizer `yaml:"optimizer"`        // sgd [paper] or adam
	LRRefiner       float64   `yaml:"lr_refiner"`       // learning rate of R
	LRDiscriminator float64   `yaml:"lr_discriminator"` // learning rate of D
	LRDecay         LRDecay   `yaml:"lr_decay"`         // none, or linear: to 0 at iteration T
	Beta1           float64   `yaml:"beta1"`            // Adam's decay of the first moment
	Beta2           float64   `yaml:"beta2"`            // Adam's decay of the second moment
	// decay of R's moving average per step of R, 0: off [Salimans et al. 2016]
	EMA float64 `yaml:"ema"`
	R1  float64 `yaml:"r1"` // gradient penalty on D at real images, 0: off [Mescheder et al. 2018]
	// steps of D from one penalty to the next; each penalty is scaled by this number
	R1Every int `yaml:"r1_every"`
	// float32, bfloat16, or auto: bfloat16 on a CPU with AMX and on a GPU that has it. On a GPU, convolutions of float32
	// numbers use TF32, 10 bits of their fractions, as PyTorch's do; those of R1 too
	Precision Precision `yaml:"precision"`
	// what computes R and D on a CPU: amx (bfloat16; R and D), winograd (float32; R), libtorch, or auto: the first that
	// the processor has for the precision ($ATEN_CPU_CAPABILITY=avx2 or default limits it); not for a GPU
	Kernels Kernels `yaml:"kernels"`
	// auto: on a GPU each kind of step is recorded as a CUDA graph after 3 eager steps, then launched whole; if
	// recording fails, steps stay eager; on: such a failure ends the run; off
	Capture Capture `yaml:"capture"`
	// seconds that one of several processes waits for the others before it gives up (docs/scaling.md)
	Timeout int `yaml:"timeout"`
}

// Log says how often a run writes what, in iterations of Algorithm 1; 0: only at its end.
type Log struct {
	Every           int `yaml:"every"`            // metrics.jsonl, log.txt, TensorBoard
	SamplesEvery    int `yaml:"samples_every"`    // samples/step-NNNNNNN.png
	CheckpointEvery int `yaml:"checkpoint_every"` // checkpoints/step-NNNNNNN
	Keep            int `yaml:"keep"`             // newest checkpoints kept beside the best, 0: all
}

// Eval says how often a run measures itself.
type Eval struct {
	// iterations of Algorithm 1 from one measurement of realism_distance to the next; a measurement is part of a log
	// line, and of every checkpoint; 0: none, so that no checkpoint is the best
	Every int `yaml:"every"`
}

// Guard says when a failing run is warned about and stopped. Guards look at each log window of Algorithm 1. A loss or
// weight that is NaN or infinite stops a run at once, whatever is set here.
type Guard struct {
	// log windows in a row in which a guard sees its failure before the run is saved and ends with exit code 3; 0:
	// never
	Patience int `yaml:"patience"`
	// log windows in a row before the first warning; later warnings come after twice as many, four times as many, ...
	WarnAfter int `yaml:"warn_after"`
	// R has collapsed: the variance of a refined pixel over a batch is below this share of the synthetic or real
	// images' (the smaller); 0: off
	Collapse float64 `yaml:"collapse"`
	// refined = input: mean |R(x) - x| is below this share of mean |x - y| while D is right on over 90 % of all
	// patches; 0: off
	Unchanged float64 `yaml:"unchanged"`
	// D wins outright: it is right on more than this share of the refined and of the real patches; 0: off
	DWins float64 `yaml:"d_wins"`
}

// Default returns our recipe for images that nobody tuned it for (docs/method.md, "A folder of colour images").
func Default() Config {
	return Config{
		Seed:   1,
		Device: "auto",
		Data: Data{
			Synthetic: "simulated:eyes,domain=synthetic,n=20000,seed=1,light=0.7,equalize=true",
			Real:      "simulated:eyes,domain=real,n=20000,seed=2",
			Test:      "simulated:eyes,domain=real,n=2000,seed=3",
			Resident:  ResidentAuto,
		},
		Refiner: architecture.Refiner{
			Blocks: 4, Width: 64, Kernel: 3, BlockKernel: 3,
			Padding: architecture.ReplicatePadding, Normalization: architecture.NoNormalization,
			Noise: architecture.Noise{Kind: architecture.MultiscaleNoise, Grid: 9, Coarse: 2, Constants: 4},
		},
		Discriminator: architecture.Discriminator{
			Layers: architecture.GazeLayers, Width: 1, Normalization: architecture.NoNormalization,
			Loss: architecture.LocalLoss,
		},
		Train: Train{
			Steps: 2000, Batch: 64, KG: 1, KD: 1, PretrainRefiner: 150, PretrainDiscriminator: 50, History: HistoryAuto,
			Lambda: 0.06, Agreement: 1, Diversity: 0.6, Psi: architecture.IdentityPsi, Optimizer: Adam, LRRefiner: 5e-4,
			LRDiscriminator: 5e-4, LRDecay: LinearDecay, Beta1: 0.5, Beta2: 0.999, EMA: 0.995, R1: 0.1, R1Every: 4,
			Precision: PrecisionAuto, Kernels: KernelsAuto, Capture: CaptureAuto, Timeout: 600,
		},
		Log:   Log{Every: 50, SamplesEvery: 250, CheckpointEvery: 500, Keep: 3},
		Eval:  Eval{Every: 100},
		Guard: Guard{Patience: 20, WarnAfter: 3, Collapse: 0.05, Unchanged: 0.15, DWins: 0.99},
	}
}
