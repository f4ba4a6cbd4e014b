package suggest

import "testing"

func TestNearestIsWhatWasMeant(t *testing.T) {
	keys := []string{"train.steps", "train.lambda", "train.batch", "seed", "refiner.noise.kind", "data.skip_bad"}
	for word, want := range map[string]string{
		"train.step": "train.steps", "train.stpes": "train.steps", "train.lamda": "train.lambda", "lambda": "train.lambda",
		"lamda": "train.lambda", "steps": "train.steps", "noise.kind": "refiner.noise.kind", "sed": "seed",
		"data.skipbad": "data.skip_bad", "Train.Batch": "train.batch", "train.zzzzzzzz": "", "x": "", "learning_rate": "", "": "",
	} {
		if got := Nearest(word, keys); got != want {
			t.Errorf("%q: %q, want %q", word, got, want)
		}
	}
	kinds := []string{"folder", "gazeh5", "mpiigaze", "nyu", "pack", "simulated", "syntheseyes", "unityeyes"}
	for word, want := range map[string]string{
		"folders": "folder", "unity": "", "untyeyes": "unityeyes", "simulate": "simulated", "C": "",
	} {
		if got := Nearest(word, kinds); got != want {
			t.Errorf("%q: %q, want %q", word, got, want)
		}
	}
}

func TestDistanceCountsEdits(t *testing.T) {
	for words, want := range map[[2]string]int{
		{"", ""}: 0, {"abc", "abc"}: 0, {"abc", ""}: 3, {"abc", "acb"}: 1, {"abc", "axc"}: 1, {"abc", "abcd"}: 1,
		{"kitten", "sitting"}: 3,
	} {
		if got, back := distance(words[0], words[1]), distance(words[1], words[0]); got != want || back != want {
			t.Errorf("%q: %d and %d, want %d", words, got, back, want)
		}
	}
}
