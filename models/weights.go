package models

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"slices"

	"github.com/nlpodyssey/safetensors"

	"simgan/cgo"
	"simgan/internal/atomicfile"
	"simgan/internal/inputfile"
)

// ErrNotFinite reports that a tensor that is saved or loaded holds NaN or infinities.
var ErrNotFinite = errors.New("holds values that are not finite")

// Save writes tensors as float32 to a safetensors file, under their names. Python's safetensors.torch.load_file reads
// the file. Save returns ErrNotFinite if a tensor is not finite.
func Save(path string, params []Param, metadata map[string]string) error {
	views := make(map[string]safetensors.TensorView, len(params))
	for _, p := range params {
		view, err := tensorView(p.Tensor)
		if err != nil {
			return fmt.Errorf("%s: %s: %w", path, p.Name, err)
		}
		views[p.Name] = view
	}
	data, err := safetensors.Serialize(views, metadata)
	if err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	return atomicfile.Write(path, data)
}

func tensorView(t cgo.Tensor) (safetensors.TensorView, error) {
	info, err := cgo.Info(t)
	if err != nil {
		return safetensors.TensorView{}, err
	}
	values, err := cgo.Read(t)
	if err != nil {
		return safetensors.TensorView{}, err
	}
	data := make([]byte, 4*len(values))
	for i, v := range values {
		if v-v != 0 { // NaN - NaN and Inf - Inf are NaN
			return safetensors.TensorView{}, ErrNotFinite
		}
		binary.LittleEndian.PutUint32(data[4*i:], math.Float32bits(v))
	}
	shape := make([]uint64, len(info.Shape))
	for i, n := range info.Shape {
		shape[i] = uint64(n)
	}
	return safetensors.NewTensorView(safetensors.F32, shape, data)
}

// Load fills params from a safetensors file. The file must hold exactly these tensors, as float32 in the same shapes,
// or with more rows if Param.Rows allows it. If the values are not finite, the error is an ErrNotFinite.
func Load(path string, params []Param) error {
	data, err := inputfile.Read(path, inputfile.Large)
	if err != nil {
		return err
	}
	file, err := safetensors.Deserialize(data)
	if err != nil {
		return fmt.Errorf("%s: not a complete safetensors file (%w): it may be cut short; "+
			"copy it again or use another checkpoint", path, err)
	}
	known := make([]string, len(params))
	for i, p := range params {
		known[i] = p.Name
		view, ok := file.Tensor(p.Name)
		if !ok {
			return fmt.Errorf("%s: tensor %s is missing: the file holds another network than the config describes", path, p.Name)
		}
		if err := copyView(p, view); err != nil {
			return fmt.Errorf("%s: tensor %s: %w", path, p.Name, err)
		}
	}
	for _, name := range file.Names() {
		if !slices.Contains(known, name) {
			return fmt.Errorf("%s: tensor %s is unknown: the file holds another network than the config describes", path, name)
		}
	}
	return nil
}

// LoadRows returns n rows of a tensor of a safetensors file, from the row first on, on the CPU. If the values are not
// finite, the error is an ErrNotFinite.
func LoadRows(s *cgo.Scope, path, name string, first, n int) (cgo.Tensor, error) {
	data, err := inputfile.Read(path, inputfile.Large)
	if err != nil {
		return cgo.Tensor{}, err
	}
	file, err := safetensors.Deserialize(data)
	if err != nil {
		return cgo.Tensor{}, fmt.Errorf("%s: not a complete safetensors file: %w", path, err)
	}
	view, ok := file.Tensor(name)
	if !ok || view.DType() != safetensors.F32 || len(view.Shape()) == 0 || uint64(first+n) > view.Shape()[0] {
		return cgo.Tensor{}, fmt.Errorf("%s: has no tensor %s of %d rows", path, name, first+n)
	}
	shape := sizes(view)
	all := shape[0]
	shape[0] = int64(n)
	values := make([]float32, cgo.TensorInfo{Shape: shape}.Numel())
	from := view.Data()[int64(first)*int64(len(view.Data()))/all:]
	if err := floats(values, from); err != nil {
		return cgo.Tensor{}, fmt.Errorf("%s: tensor %s: %w", path, name, err)
	}
	return s.From(values, cgo.CPU, shape...), s.Err()
}

func sizes(view safetensors.TensorView) []int64 {
	shape := make([]int64, len(view.Shape()))
	for i, n := range view.Shape() {
		shape[i] = int64(n)
	}
	return shape
}

// floats reads little-endian values.
func floats(values []float32, from []byte) error {
	for i := range values {
		values[i] = math.Float32frombits(binary.LittleEndian.Uint32(from[4*i:]))
		if v := values[i]; v-v != 0 { // NaN - NaN and Inf - Inf are NaN
			return ErrNotFinite
		}
	}
	return nil
}

// maxChannels bounds the channels of an image that a file asks for.
const maxChannels = 64

// RefinerChannels returns the number of channels of a saved refiner's images.
func RefinerChannels(path string) (int, error) {
	data, err := inputfile.Read(path, inputfile.Large)
	if err != nil {
		return 0, err
	}
	file, err := safetensors.Deserialize(data)
	if err != nil {
		return 0, fmt.Errorf("%s: not a complete safetensors file: %w", path, err)
	}
	last, ok := file.Tensor("last.bias")
	if !ok || len(last.Shape()) != 1 || last.Shape()[0] < 1 || last.Shape()[0] > maxChannels {
		return 0, fmt.Errorf("%s: not a refiner: it has no last.bias of 1 to %d numbers", path, maxChannels)
	}
	return int(last.Shape()[0]), nil
}

func copyView(p Param, view safetensors.TensorView) error {
	info, err := cgo.Info(p.Tensor)
	if err != nil {
		return err
	}
	shape := sizes(view)
	if p.Rows && len(shape) > 0 && shape[0] > info.Shape[0] {
		shape[0] = info.Shape[0]
	}
	if view.DType() != safetensors.F32 || !slices.Equal(shape, info.Shape) {
		return fmt.Errorf("it is %v %v, not F32 %v", view.DType(), shape, info.Shape)
	}
	values := make([]float32, info.Numel())
	if err := floats(values, view.Data()); err != nil {
		return err
	}
	return cgo.Within(func(s *cgo.Scope) error {
		from := s.From(values, cgo.CPU, shape...)
		if s.Err() != nil {
			return s.Err()
		}
		return cgo.Copy(p.Tensor, from)
	})
}
