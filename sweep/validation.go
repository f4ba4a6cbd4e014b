package sweep

import (
	"fmt"

	"simgan/data"
	"simgan/trainer/config"
)

const howToValidate = "use labelled real images that neither training nor the final test uses, " +
	"as another seed of the built-in eyes " +
	"(simulated:eyes,domain=real,n=1000,seed=4), or other people of MPIIGaze (people=p10+p11, with data.test on the rest)"

// checkValidation refuses validation images that are the config's test images: what is chosen by them would look better
// on them than it is.
func (o *Objective) checkValidation(c config.Config) error {
	overlap, err := data.Overlap(o.Validation, c.Data.Test)
	if err != nil {
		return fmt.Errorf("objective.validation, beside data.test: %w", err)
	}
	if overlap {
		return fmt.Errorf("objective.validation %s has images of data.test %s, on which nothing may be chosen: %s",
			o.Validation, c.Data.Test, howToValidate)
	}
	return nil
}
