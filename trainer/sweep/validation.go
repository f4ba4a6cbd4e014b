package sweep

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"simgan/data"
	"simgan/trainer"
)

const howToValidate = "use labelled real images that neither training nor the final test sees, as another seed of the built-in eyes " +
	"(simulated:eyes,domain=real,n=1000,seed=4), or other people of MPIIGaze (people=p10+p11, with data.test on the rest)"

// checkValidation refuses validation images that are the config's test images: what is chosen by them would look better on
// them than it is.
func (o *Objective) checkValidation(c trainer.Config) error {
	if o.Validation == "" {
		return nil
	}
	validation, err := data.ParseSpec(o.Validation)
	if err != nil {
		return fmt.Errorf("objective.validation: %w", err)
	}
	if c.Data.Test == "" {
		return nil
	}
	test, err := data.ParseSpec(c.Data.Test)
	if err != nil {
		return fmt.Errorf("data.test: %w", err)
	}
	if overlap(validation, test) {
		return fmt.Errorf("objective.validation %s has images of data.test %s, on which nothing may be chosen: %s", o.Validation, c.Data.Test, howToValidate)
	}
	return nil
}

// overlap tells whether two SPECs name the same images, or may share some. Parameters that change how images are shown, or
// how many, make no difference.
func overlap(a, b data.Spec) bool {
	if a.Kind != b.Kind || filepath.Clean(a.Path) != filepath.Clean(b.Path) {
		return false
	}
	if a.Kind == "simulated" {
		return of(a, "domain", "synthetic") == of(b, "domain", "synthetic") && of(a, "seed", "1") == of(b, "seed", "1")
	}
	x, y := of(a, "people", ""), of(b, "people", "")
	if x == "" || y == "" {
		return true
	}
	return slices.ContainsFunc(strings.Split(x, "+"), func(p string) bool { return slices.Contains(strings.Split(y, "+"), p) })
}

func of(s data.Spec, key, fallback string) string {
	if v, ok := s.Params[key]; ok {
		return v
	}
	return fallback
}
