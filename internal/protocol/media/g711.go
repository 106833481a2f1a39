package media

import "math/bits"

//go:generate go run gen.go

// The tables in tables.go are string constants: nothing can change them, and an index that is a byte needs no bounds check.

// DecodeALaw gives the linear value (±32,256) of an A-law byte (G.711 table 1, scaled to 16 bits).
func DecodeALaw(b byte) int16 {
	return int16(uint16(aLawLow[b]) | uint16(aLawHigh[b])<<8)
}

// DecodeULaw gives the linear value (±32,124) of a µ-law byte (G.711 table 2, scaled to 16 bits).
func DecodeULaw(b byte) int16 {
	return int16(uint16(uLawLow[b]) | uint16(uLawHigh[b])<<8)
}

// EncodeALaw codes a linear value: sign, three bits of segment, four of step, even bits inverted (G.711 3.1).
func EncodeALaw(v int16) byte {
	mask := byte(0xD5)
	m := int(v) >> 3
	if m < 0 {
		mask = 0x55
		m = ^m
	}
	segment := max(bits.Len16(uint16(m))-5, 0)
	step := m >> max(segment, 1) & 0x0F
	return byte(segment<<4|step) ^ mask
}

// EncodeULaw codes a linear value with the bias of 33 (132 on the 16-bit scale), all bits inverted (G.711 3.2).
func EncodeULaw(v int16) byte {
	const bias, clip = 132, 32635
	m, sign := int(v), 0
	if m < 0 {
		m, sign = -m, 0x80
	}
	m = min(m, clip) + bias
	segment := bits.Len16(uint16(m)) - 8
	return ^byte(sign | segment<<4 | m>>(segment+3)&0x0F)
}

// Transcode puts src, coded in the law from, into dst, coded in the law to. The two may be the same slice; dst is at least as
// long as src. For other codecs there is the Transcoder.
func Transcode(dst, src []byte, from, to Codec) {
	switch {
	case from == to:
		copy(dst, src)
	case from == PCMA:
		translate(dst, src, aLawToULaw)
	default:
		translate(dst, src, uLawToALaw)
	}
}

func translate(dst, src []byte, table string) {
	_ = table[255]
	dst = dst[:len(src)]
	for i, b := range src {
		dst[i] = table[b]
	}
}

// Decode puts the linear values of src, coded in a law, into dst, which is at least as long.
func Decode(dst []int16, src []byte, c Codec) {
	dst = dst[:len(src)]
	for i, b := range src {
		dst[i] = c.Decode(b)
	}
}

// Encode codes src by a law into dst, which is at least as long.
func Encode(dst []byte, src []int16, c Codec) {
	dst = dst[:len(src)]
	for i, v := range src {
		dst[i] = c.Encode(v)
	}
}
