package architecture

import (
	"gopkg.in/yaml.v3"

	"simgan/internal/enum"
)

// Padding says what surrounds a layer's input, so that its output has the input's size.
type Padding string

// The paddings.
const (
	ZerosPadding     Padding = "zeros"
	ReflectPadding   Padding = "reflect"
	ReplicatePadding Padding = "replicate"
)

// UnmarshalText accepts zeros, reflect and replicate.
func (p *Padding) UnmarshalText(text []byte) error {
	return enum.Parse(p, "refiner.padding", text, ZerosPadding, ReflectPadding, ReplicatePadding)
}

// UnmarshalYAML is UnmarshalText with the line in its error.
func (p *Padding) UnmarshalYAML(n *yaml.Node) error { return enum.Decode(p, n) }

// Normalization says what follows a convolution.
type Normalization string

// The normalizations.
const (
	NoNormalization    Normalization = "none"
	BatchNormalization Normalization = "batch"
)

// UnmarshalText accepts none and batch.
func (v *Normalization) UnmarshalText(text []byte) error {
	return enum.Parse(v, "normalization", text, NoNormalization, BatchNormalization)
}

// UnmarshalYAML is UnmarshalText with the line in its error.
func (v *Normalization) UnmarshalYAML(n *yaml.Node) error { return enum.Decode(v, n) }

// NoiseKind says which random channels R's input has.
type NoiseKind string

// The kinds of noise.
const (
	NoNoise         NoiseKind = "none"
	PixelNoise      NoiseKind = "pixel"
	MultiscaleNoise NoiseKind = "multiscale"
)

// UnmarshalText accepts none, pixel and multiscale.
func (k *NoiseKind) UnmarshalText(text []byte) error {
	return enum.Parse(k, "refiner.noise.kind", text, NoNoise, PixelNoise, MultiscaleNoise)
}

// UnmarshalYAML is UnmarshalText with the line in its error.
func (k *NoiseKind) UnmarshalYAML(n *yaml.Node) error { return enum.Decode(k, n) }

// Layers names D's table of layers.
type Layers string

// The paper's two discriminators.
const (
	GazeLayers Layers = "gaze"
	HandLayers Layers = "hand"
)

// UnmarshalText accepts gaze and hand.
func (l *Layers) UnmarshalText(text []byte) error {
	return enum.Parse(l, "discriminator.layers", text, GazeLayers, HandLayers)
}

// UnmarshalYAML is UnmarshalText with the line in its error.
func (l *Layers) UnmarshalYAML(n *yaml.Node) error { return enum.Decode(l, n) }

// AdversarialLoss says what D classifies [paper, section 2.2].
type AdversarialLoss string

// The paper's local loss, and the global one that it compares with.
const (
	LocalLoss  AdversarialLoss = "local"
	GlobalLoss AdversarialLoss = "global"
)

// UnmarshalText accepts local and global.
func (l *AdversarialLoss) UnmarshalText(text []byte) error {
	return enum.Parse(l, "discriminator.loss", text, LocalLoss, GlobalLoss)
}

// UnmarshalYAML is UnmarshalText with the line in its error.
func (l *AdversarialLoss) UnmarshalYAML(n *yaml.Node) error { return enum.Decode(l, n) }

// Psi names the features that l_reg compares [paper, section 2.1].
type Psi string

// The features that the paper names.
const (
	IdentityPsi    Psi = "identity"
	DerivativesPsi Psi = "derivatives"
	MeanPsi        Psi = "mean"
	LearnedPsi     Psi = "learned"
)

// UnmarshalText accepts identity, derivatives, mean and learned.
func (p *Psi) UnmarshalText(text []byte) error {
	return enum.Parse(p, "train.psi", text, IdentityPsi, DerivativesPsi, MeanPsi, LearnedPsi)
}

// UnmarshalYAML is UnmarshalText with the line in its error.
func (p *Psi) UnmarshalYAML(n *yaml.Node) error { return enum.Decode(p, n) }
