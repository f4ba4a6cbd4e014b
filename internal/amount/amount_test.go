package amount

import "testing"

func TestBytesHasTwoOrThreeDigits(t *testing.T) {
	for n, want := range map[int64]string{
		0: "0 B", 999: "999 B", 1000: "1.0 kB", 9949: "9.9 kB", 9960: "10 kB", 471_859_200: "472 MB", 999_600_000: "1.0 GB",
		15_000_000_000: "15 GB", 2_340_000_000_000: "2.3 TB",
	} {
		if got := Bytes(n); got != want {
			t.Errorf("%d bytes are written %q, want %q", n, got, want)
		}
	}
}
