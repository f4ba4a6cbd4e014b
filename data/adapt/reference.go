package adapt

import (
	"math"
	"math/cmplx"

	"gonum.org/v1/gonum/dsp/fourier"

	"simgan/data/picture"
)

// match gives every channel of an 8-bit image the histogram of the same channel of the example: a level becomes the
// lowest level that at least as large a share of the example's channel does not exceed.
func match(m, example picture.Image) picture.Image {
	out := picture.NewImage(m.C, m.H, m.W, m.Bits)
	n := m.H * m.W
	for c := range m.C {
		var count, want [256]int
		for _, v := range m.Pix[c*n : (c+1)*n] {
			count[v]++
		}
		for _, v := range example.Pix[c*n : (c+1)*n] {
			want[v]++
		}
		var level [256]uint16
		below, reached, to := 0, want[0], 0
		for v, k := range count {
			// The middle of the level's share, so that a flat area becomes neither the darkest nor the brightest of it.
			for middle := below + (k+1)/2; reached < middle && to < 255; {
				to++
				reached += want[to]
			}
			level[v], below = uint16(to), below+k
		}
		for i, v := range m.Pix[c*n : (c+1)*n] {
			out.Pix[c*n+i] = level[v]
		}
	}
	return out
}

// amplitudes replaces the amplitudes of low frequencies, up to the given share of the Nyquist frequency, by those of
// the example, and keeps the phases (Yang & Soatto 2020, FDA). The mean is one of the amplitudes.
func (f floats) amplitudes(example floats, share float64) {
	rows, columns := fourier.NewCmplxFFT(f.w), fourier.NewCmplxFFT(f.h)
	for c := range f.c {
		own, other := transform(f.plane(c), f.h, f.w, rows, columns), transform(example.plane(c), f.h, f.w, rows, columns)
		for i := range own {
			fx, fy := rows.Freq(i%f.w), columns.Freq(i/f.w)
			if math.Hypot(fx, fy) <= share*0.5 {
				own[i] = cmplx.Rect(cmplx.Abs(other[i]), cmplx.Phase(own[i]))
			}
		}
		inverse(own, f.plane(c), f.h, f.w, rows, columns)
	}
}

// transform returns the two-dimensional Fourier transform of a plane.
func transform(plane []float64, h, w int, rows, columns *fourier.CmplxFFT) []complex128 {
	z := make([]complex128, h*w)
	for i, v := range plane {
		z[i] = complex(v, 0)
	}
	for y := range h {
		rows.Coefficients(z[y*w:(y+1)*w], z[y*w:(y+1)*w])
	}
	eachColumn(z, h, w, func(column []complex128) { columns.Coefficients(column, column) })
	return z
}

// inverse writes the real part of the inverse transform of z to the plane.
func inverse(z []complex128, plane []float64, h, w int, rows, columns *fourier.CmplxFFT) {
	eachColumn(z, h, w, func(column []complex128) { columns.Sequence(column, column) })
	for y := range h {
		rows.Sequence(z[y*w:(y+1)*w], z[y*w:(y+1)*w])
	}
	for i, v := range z {
		plane[i] = real(v) / float64(h*w)
	}
}

func eachColumn(z []complex128, h, w int, f func(column []complex128)) {
	column := make([]complex128, h)
	for x := range w {
		for y := range h {
			column[y] = z[y*w+x]
		}
		f(column)
		for y := range h {
			z[y*w+x] = column[y]
		}
	}
}
