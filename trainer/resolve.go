package trainer

import (
	"simgan/cgo"
	"simgan/trainer/config"
)

// Resolve replaces auto by what this machine has. The resolved config runs the same on any machine that has it.
func Resolve(c *config.Config) error {
	device, err := cgo.ParseDevice(c.Device)
	if err != nil {
		return err
	}
	c.Device = device.String()
	if c.Train.Precision == config.PrecisionAuto {
		c.Train.Precision = config.Float32
		if cgo.HasBFloat16(device) {
			c.Train.Precision = config.BFloat16
		}
	}
	return nil
}
