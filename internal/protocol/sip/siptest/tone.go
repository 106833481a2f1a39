package siptest

import "math"

// rate is the sampling rate of G.711, frame the samples of 20 ms.
const (
	rate  = 8000
	frame = 160
)

// law is one of the two G.711 codings. Phones keep their own small coder, so that a fault in the product's is heard.
type law struct {
	name    string
	pt      uint8
	silence byte
	encode  func(s int) byte
	decode  func(b byte) int
}

func lawOf(name string) law {
	if name == "PCMU" {
		return law{"PCMU", 0, 0xff, encodeMu, decodeMu}
	}
	return law{"PCMA", 8, 0xd5, encodeA, decodeA}
}

// decodeA is G.711 A-law to 16 bits.
func decodeA(b byte) int {
	b ^= 0x55
	exp, mant := int(b>>4&7), int(b&15)
	v := mant<<4 + 8
	if exp > 0 {
		v = (v + 0x100) << (exp - 1)
	}
	if b&0x80 == 0 {
		return -v
	}
	return v
}

// decodeMu is G.711 µ-law to 16 bits.
func decodeMu(b byte) int {
	b = ^b
	v := (int(b&15)<<3+0x84)<<(b>>4&7) - 0x84
	if b&0x80 != 0 {
		return -v
	}
	return v
}

func encodeA(s int) byte { return nearest(s, decodeA) }

func encodeMu(s int) byte { return nearest(s, decodeMu) }

// nearest finds the code whose value is nearest: slow, and right by construction. It only runs for a second of a tone.
func nearest(s int, decode func(byte) int) byte {
	best, dist := byte(0), math.MaxInt
	for b := range 256 {
		if d := decode(byte(b)) - s; max(d, -d) < dist {
			best, dist = byte(b), max(d, -d)
		}
	}
	return best
}

// toneLevel is the peak of what is sent, of 32768.
const toneLevel = 8000

// second is a second of a tone; every whole frequency is periodic in it.
func (l law) second(hz float64) []byte {
	out := make([]byte, rate)
	for i := range out {
		out[i] = l.silence
		if hz > 0 {
			out[i] = l.encode(int(toneLevel * math.Sin(2*math.Pi*hz*float64(i)/rate)))
		}
	}
	return out
}

// quiet is the mean square (of 1) below which nothing is heard.
const quiet = 1e-5

// energy is the mean square of samples, of 1.
func energy(x []float64) float64 {
	sum := 0.0
	for _, v := range x {
		sum += v * v
	}
	return sum / float64(max(len(x), 1))
}

// share is how much of the energy of x is at hz (0–1), by Goertzel's algorithm.
func share(x []float64, hz float64) float64 {
	e := energy(x)
	if e < quiet {
		return 0
	}
	c := 2 * math.Cos(2*math.Pi*hz/rate)
	var s1, s2 float64
	for _, v := range x {
		s1, s2 = v+c*s1-s2, s1
	}
	power := s1*s1 + s2*s2 - c*s1*s2
	n := float64(len(x))
	return min(power/(n*n/2*e), 1)
}
