package simgan

import (
	"errors"
	"fmt"

	"simgan/cgo"
	"simgan/data"
	"simgan/internal/exit"
	"simgan/internal/home"
	"simgan/models"
	"simgan/models/architecture"
	"simgan/parallel"
	"simgan/trainer/config"
)

// ErrNotFinite is the exit.ErrGuard of a run with a loss or a weight that is NaN or infinite.
var ErrNotFinite = fmt.Errorf("%w: training diverged: lower train.lr_refiner and train.lr_discriminator, "+
	"or raise train.r1, or use train.precision=float32", exit.ErrGuard)

// Model is SimGAN in training: the networks and their optimizers, the history of refined images, the averages of a log
// window, and where Algorithm 1 stands.
type Model struct {
	*networks
	Phase config.Phase
	Step  int // iterations made in the phase

	updates  int // made of the next iteration of Algorithm 1; not 0 only in a run that was stopped
	config   config.Config
	image    data.Info // of the images
	psi      models.Psi
	features *models.GazeEstimator // nil unless psi is learned
	history  *history              // nil if train.history is 0
	// estimator sees the labels that l_label keeps; nil if train.agreement is 0 or the synthetic images have neither
	// numbers nor classes as labels
	estimator *models.ImageEstimator
	weights   *weights // nil without data.weights
	meter     *meter
	inputs    *inputs // made by the first step
	captures  *captures
	group     *parallel.Group // nil: this process trains alone
	buffers   []cgo.Tensor    // running statistics of R and D
	dSteps    int64           // updates of D made, for r1_every
	oneBatch  bool            // D's steps take refined and real images as one batch
	log       func(format string, args ...any)
}

// Options are what NewModel takes beside the config.
type Options struct {
	Log    func(format string, args ...any) // notes on kernels and CUDA graphs; nil: none
	Group  *parallel.Group                  // of the processes that train as one; nil: this one alone
	Record Recorder                         // records steps; nil: as CUDA graphs on a GPU, unless train.capture is off

	Weights *data.Pixels // of LoadWeights; nil: every pixel counts 1
}

// NewModel builds everything that the config describes for images like image, at the start of the first phase. c.Device
// and c.Train.Precision are resolved. One of several processes takes its share of the batch and the history. An exit.ErrUsage says what of the config does not fit the images or the device.
func NewModel(c config.Config, image data.Info, o Options) (m *Model, err error) {
	if c, err = c.ShareOf(o.Group.Size()); err != nil {
		return nil, err
	}
	m = &Model{Phase: config.PhaseRefiner, config: c, image: image, meter: newMeter(), group: o.Group}
	defer func() {
		if err != nil {
			m.Close()
			m = nil
		}
	}()
	if m.networks, err = newNetworks(c, image, o.Group.Rank()); err != nil {
		return m, err
	}
	// On a GPU that takes half of the launches. On a CPU it would change the bytes of runs.
	m.oneBatch = m.device != cgo.CPU && c.Discriminator.Normalization == architecture.NoNormalization
	m.buffers = append(models.Buffers(m.R.Params()), models.Buffers(m.D.Params())...)
	if err = o.Group.UseDevice(m.device); err != nil {
		return m, err
	}
	if err = m.openPsi(); err != nil {
		return m, err
	}
	if err = m.openEstimator(); err != nil {
		return m, err
	}
	if err = m.openHistory(); err != nil {
		return m, err
	}
	if m.weights, err = newWeights(o.Weights, m.networks, image); err != nil {
		return m, err
	}
	if o.Log == nil {
		o.Log = func(string, ...any) {}
	}
	m.log = o.Log
	m.captures = newCaptures(m, o)
	m.report(o.Log)
	return m, nil
}

// openPsi reads the frozen network of a learned psi, if any.
func (m *Model) openPsi() (err error) {
	c := m.config.Train
	if c.Psi == architecture.LearnedPsi && c.PsiWeights != "" {
		if m.features, err = models.NewGazeEstimator(m.image.C, m.image.H, m.image.W, 3); err != nil {
			return err
		}
		if err = models.Load(home.Expand(c.PsiWeights), m.features.Params()); err != nil {
			return fmt.Errorf("train.psi_weights: %w", err)
		}
		if err = errors.Join(m.features.To(m.device), m.features.Freeze(true)); err != nil {
			return err
		}
	}
	m.psi, err = models.NewPsi(c.Psi, m.features)
	return err
}

// openEstimator builds the network that sees labels, if l_label is on. Teach trains it.
func (m *Model) openEstimator() (err error) {
	k, outputs := m.image.Labels()
	if m.config.Train.Agreement == 0 || k == 0 {
		return nil
	}
	if m.estimator, err = models.NewImageEstimator(m.image.C, m.image.H, m.image.W, outputs); err != nil {
		return err
	}
	if m.device == cgo.CPU {
		m.estimator.UseCPUKernels(m.bfloat)
	}
	return errors.Join(m.estimator.To(m.device), m.estimator.Freeze(true))
}

// Teach has the function train the network that sees labels. It does nothing if l_label is off.
func (m *Model) Teach(train func(*models.ImageEstimator) error) error {
	if m.estimator == nil {
		return nil
	}
	return errors.Join(m.estimator.Freeze(false), train(m.estimator), m.estimator.Freeze(true))
}

// openHistory makes the history, if there is one.
func (m *Model) openHistory() (err error) {
	size := int(m.config.Train.History)
	if m.config.Train.History == config.HistoryAuto {
		return errors.New("train.history is auto: ResolveHistory sets it")
	}
	if size == 0 {
		return nil
	}
	m.history, err = newHistory(size, m.config.Seed+ofRank(m.group.Rank()), m.device, m.image.C, m.image.H, m.image.W)
	return err
}

// Device returns the training device.
func (m *Model) Device() cgo.Device { return m.device }

// ReadWindow returns the averages of the log window so far by name, over all processes, and starts a new window. An ErrNotFinite names a
// loss that is NaN or infinite; the averages are returned all the same.
func (m *Model) ReadWindow() (map[string]float64, error) { return m.meter.read(m.group) }

// Files returns the tensors of a checkpoint by file name, valid until the next step. Of the history they hold the
// images that are in it.
func (m *Model) Files() (map[string][]models.Param, error) {
	files := map[string][]models.Param{
		RefinerFile:       m.R.Params(),
		DiscriminatorFile: m.D.Params(),
	}
	if m.Average != nil {
		files[AverageFile] = m.Average.Params()
	}
	if m.estimator != nil {
		files[EstimatorFile] = m.estimator.Params()
	}
	var rest []models.Param
	add := func(prefix string, tensors []cgo.Tensor) {
		for i, tensor := range tensors {
			rest = append(rest, models.Param{Name: fmt.Sprintf("%s.%d", prefix, i), Tensor: tensor})
		}
	}
	for name, o := range map[string]cgo.Optimizer{"refiner": m.optR, "discriminator": m.optD} {
		for moment, tensors := range o.State() {
			add("optimizer."+name+"."+moment, tensors)
		}
	}
	if m.history != nil {
		held, err := m.history.contents()
		if err != nil {
			return nil, err
		}
		rest = append(rest, models.Param{Name: HistoryTensor, Tensor: held, Rows: true})
	}
	if len(rest) > 0 {
		files[StateFile] = rest
	}
	return files, nil
}

// The files of a checkpoint that hold R, its moving average, D, the network that sees labels, and the rest, with the
// history among it.
const (
	RefinerFile       = "refiner.safetensors"
	AverageFile       = "refiner_ema.safetensors"
	DiscriminatorFile = "discriminator.safetensors"
	EstimatorFile     = "estimator.safetensors"
	StateFile         = "state.safetensors"

	HistoryTensor = "history.0"
)

// Close frees everything.
func (m *Model) Close() {
	if m == nil {
		return
	}
	_ = m.captures.Close() // an error of the device reaches its next user
	m.inputs.Close()
	m.networks.Close()
	if m.features != nil {
		m.features.Close()
	}
	m.estimator.Close()
	m.history.Close()
	m.weights.Close()
	m.meter.Close()
}
