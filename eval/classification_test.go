package eval

import (
	"strings"
	"testing"

	"simgan/data"
)

// An image without a class is an error that names the image: an empty text is no class.
func TestMissingClass(t *testing.T) {
	c := &classes{columns: []string{"colour"}}
	b := &data.Batch{N: 3, Texts: []string{"red", "", "blue"}, Index: []int{0, 4, 8}}
	err := c.encode(b, data.Info{Text: []string{"colour"}}, false)
	if err == nil || !strings.Contains(err.Error(), `column "colour" is empty for image 5`) {
		t.Errorf("%v", err)
	}
}
