// Package architecture holds the config of the networks and of psi. It does not import torch, so that programs which
// only read configs do not need torch.
package architecture

// Refiner describes R.
type Refiner struct {
	Blocks        int           `yaml:"blocks"`        // ResNet blocks: 4 for gaze, 10 for hands [paper]
	Width         int           `yaml:"width"`         // feature maps per layer: 64 [paper]
	Kernel        int           `yaml:"kernel"`        // filter size of the stem: 3 for gaze, 7 for hands [paper]
	BlockKernel   int           `yaml:"block_kernel"`  // filter size in the blocks
	Padding       Padding       `yaml:"padding"`       // zeros, reflect or replicate; zeros draw a frame in short runs
	Normalization Normalization `yaml:"normalization"` // none [paper] or batch
	Noise         Noise         `yaml:"noise"`
}

// Noise describes the random input of R (the paper's future work). With it, one synthetic image has many refined
// versions.
type Noise struct {
	Kind      NoiseKind `yaml:"kind"`      // none [paper], pixel (N(0,1) per pixel) or multiscale (pixel, grid, constants)
	Grid      int       `yaml:"grid"`      // multiscale: pixels between the points of the coarse grid
	Coarse    int       `yaml:"coarse"`    // multiscale: channels on the coarse grid, enlarged bilinearly
	Constants int       `yaml:"constants"` // multiscale: channels that are constant over the image
}

// Channels returns the number of channels that the noise adds to R's input.
func (n Noise) Channels() int64 {
	switch n.Kind {
	case PixelNoise:
		return 1
	case MultiscaleNoise:
		return int64(1 + n.Coarse + n.Constants)
	}
	return 0
}

// Discriminator describes D.
type Discriminator struct {
	Layers        Layers        `yaml:"layers"`        // gaze or hand: the paper's tables
	Width         float64       `yaml:"width"`         // factor on the feature maps of every hidden layer: 1 [paper]
	Normalization Normalization `yaml:"normalization"` // none [paper] or batch [the authors' later article]
	// local [paper]: each patch is real or refined; global: the whole image is, by the mean of its patches' features
	Loss AdversarialLoss `yaml:"loss"`
}
