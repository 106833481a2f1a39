package media

// ITU-T G.722 (09/2012): sub-band ADPCM of 16,000 samples a second in 64 kbit/s. A filter bank parts the sound into a lower
// and a higher band of 8,000 samples a second each; the lower has six bits a sample, the higher two. The names of blocks
// (QUANTL, LOGSCL, UPPOL2...) are those of the text, clauses 5 and 6. All arithmetic is that of 16-bit words, as the text has it,
// so coded sound is the same to the bit as others'.

// g722Mode is how many of the six bits of the lower band are sound (clause 1.3): the others carry data.
type g722Mode uint8

// The modes of operation. RTP has only the first (RFC 3551 4.5.2).
const (
	g722At64 g722Mode = 1 + iota // six bits
	g722At56                     // five
	g722At48                     // four
)

// Limits of the two bands' scale factors (LOGSCL, LOGSCH) and of the decoder's output (LIMIT).
const (
	g722LowFactor  = 18432
	g722HighFactor = 22528
	g722Low        = 16384
	// The least scale factors, those of a coder that has just begun (clause 6).
	g722LowScale, g722HighScale = 32, 8
	// The shift that turns a logarithm into a linear factor (SCALEL, SCALEH).
	g722LowShift, g722HighShift = 8, 10
	// The one decision level of the higher band (QUANTH).
	g722HighDecision = 564
)

// word is the i-th 16-bit number of a table.
func word(table string, i int) int {
	return int(int16(uint16(table[2*i]) | uint16(table[2*i+1])<<8))
}

// saturate keeps a sum within 16 bits.
func saturate(v int) int { return min(max(v, -32768), 32767) }

// g722Band is the adaptive predictor and quantiser of one sub-band.
type g722Band struct {
	estimate int    // s, the signal estimate
	zeros    int    // sz, its part from the difference signals
	r        [2]int // reconstructed signals, the newest first
	p        [2]int // partially reconstructed ones
	a        [2]int // pole coefficients
	b        [6]int // zero coefficients
	d        [6]int // difference signals, the newest first
	factor   int    // nb, the logarithmic scale factor
	scale    int    // det, the linear one
}

// adapt takes the quantised difference signal of a sample and makes the estimate of the next (BLOCK 4).
func (g *g722Band) adapt(d int) {
	p := saturate(g.zeros + d)    // PARREC
	r := saturate(g.estimate + d) // RECONS
	g.adaptPoles(p)
	g.adaptZeros(d)
	g.r = [2]int{r, g.r[0]}
	g.p = [2]int{p, g.p[0]}
	poles := saturate(g.a[0]*saturate(2*g.r[0])>>15 + g.a[1]*saturate(2*g.r[1])>>15) // FILTEP
	g.zeros = g.filterZeros()
	g.estimate = saturate(poles + g.zeros) // PREDIC
}

// adaptPoles is UPPOL2 and UPPOL1.
func (g *g722Band) adaptPoles(p int) {
	same0, same1 := p>>15 == g.p[0]>>15, p>>15 == g.p[1]>>15
	w := saturate(4 * g.a[0])
	if same0 {
		w = min(-w, 32767)
	}
	a2 := w>>7 + sign(same1)*128 + g.a[1]*32512>>15
	a2 = min(max(a2, -12288), 12288)
	a1 := saturate(sign(same0)*192 + g.a[0]*32640>>15)
	limit := saturate(15360 - a2)
	g.a = [2]int{min(max(a1, -limit), limit), a2}
}

func sign(same bool) int {
	if same {
		return 1
	}
	return -1
}

// adaptZeros is UPZERO and DELAYA for the difference signals.
func (g *g722Band) adaptZeros(d int) {
	step := 128
	if d == 0 {
		step = 0
	}
	for i, b := range g.b {
		w := step
		if d>>15 != g.d[i]>>15 {
			w = -step
		}
		g.b[i] = saturate(w + b*32640>>15)
	}
	copy(g.d[1:], g.d[:5])
	g.d[0] = d
}

// filterZeros is FILTEZ.
func (g *g722Band) filterZeros() int {
	sum := 0
	for i, d := range g.d {
		sum += g.b[i] * saturate(2*d) >> 15
	}
	return saturate(sum)
}

// rescale is LOGSCL and SCALEL, or LOGSCH and SCALEH.
func (g *g722Band) rescale(step, most, shift int) {
	g.factor = min(max(g.factor*127>>7+step, 0), most)
	v := word(g722ILB, g.factor>>6&31)
	if by := shift - g.factor>>11; by >= 0 {
		g.scale = v >> by << 2
		return
	}
	g.scale = v << (g.factor>>11 - shift) << 2
}

// low takes the four bits of the lower band that both sides adapt by (INVQAL).
func (g *g722Band) low(code int) {
	d := g.scale * word(g722QM4, code) >> 15
	g.rescale(word(g722WL, code), g722LowFactor, g722LowShift)
	g.adapt(d)
}

// high takes the two bits of the higher band (INVQAH) and gives the difference signal.
func (g *g722Band) high(code int) {
	d := g.scale * word(g722QM2, code) >> 15
	g.rescale(word(g722WH, code), g722HighFactor, g722HighShift)
	g.adapt(d)
}

// g722Bank is the memory of a filter bank: the 24 newest samples or sums, the oldest first.
type g722Bank [24]int32

// push takes two more.
func (q *g722Bank) push(a, b int32) {
	copy(q[:22], q[2:])
	q[22], q[23] = a, b
}

// halves gives the filter's sums over the older sample of each pair and over the newer (ACCUMA, ACCUMB; ACCUMC, ACCUMD).
func (q *g722Bank) halves() (older, newer int32) {
	for i := range 12 {
		older += q[2*i] * int32(word(g722QMF, i))
		newer += q[2*i+1] * int32(word(g722QMF, 11-i))
	}
	return older, newer
}

// g722Encoder codes; newG722Encoder makes one.
type g722Encoder struct {
	bank      g722Bank
	low, high g722Band
}

func newG722Encoder() *g722Encoder {
	return &g722Encoder{low: g722Band{scale: g722LowScale}, high: g722Band{scale: g722HighScale}}
}

// encode appends a byte for every two samples; a last odd one is left out.
func (e *g722Encoder) encode(dst []byte, pcm []int16) []byte {
	for ; len(pcm) >= 2; pcm = pcm[2:] {
		e.bank.push(int32(pcm[0]), int32(pcm[1]))
		older, newer := e.bank.halves()
		low := e.quantiseLow(int((older + newer) >> 14))
		high := e.quantiseHigh(int((newer - older) >> 14))
		dst = append(dst, byte(high<<6|low))
	}
	return dst
}

// quantiseLow is SUBTRA and QUANTL. Of the 30 levels of each sign, the codes go down from the smallest.
func (e *g722Encoder) quantiseLow(x int) int {
	difference := saturate(x - e.low.estimate)
	size := difference
	if difference < 0 {
		size = -(difference + 1)
	}
	level := e.level(size)
	code := 62 - level // positive: 61 to 32
	if difference < 0 {
		code = 34 - level // 31 to 4, but the two smallest
		if level <= 2 {
			code = 64 - level // 63, 62
		}
	}
	e.low.low(code >> 2)
	return code
}

// level finds the interval, 1 to 30, of a difference's size.
func (e *g722Encoder) level(size int) int {
	low, high := 1, 30
	for low < high {
		middle := (low + high) / 2
		if size < word(g722Q6, middle)*e.low.scale>>12 {
			high = middle
		} else {
			low = middle + 1
		}
	}
	return low
}

// quantiseHigh is SUBTRA and QUANTH.
func (e *g722Encoder) quantiseHigh(x int) int {
	difference := saturate(x - e.high.estimate)
	size, code := difference, 3
	if difference < 0 {
		size, code = -(difference + 1), 1
	}
	if size >= g722HighDecision*e.high.scale>>12 {
		code--
	}
	e.high.high(code)
	return code
}

// g722Decoder decodes; newG722Decoder makes one.
type g722Decoder struct {
	mode      g722Mode
	bank      g722Bank
	low, high g722Band
}

func newG722Decoder(mode g722Mode) *g722Decoder {
	return &g722Decoder{mode: mode, low: g722Band{scale: g722LowScale}, high: g722Band{scale: g722HighScale}}
}

// decode appends two samples for every byte.
func (g *g722Decoder) decode(dst []int16, coded []byte) []int16 {
	for _, c := range coded {
		low, high := g.lower(int(c&0x3F)), g.higher(int(c>>6))
		g.bank.push(int32(low+high), int32(low-high))
		older, newer := g.bank.halves()
		dst = append(dst, int16(saturate(int(newer>>11))), int16(saturate(int(older>>11))))
	}
	return dst
}

// lower is INVQBL, RECONS and LIMIT.
func (g *g722Decoder) lower(code int) int {
	level := word(g722QM6, code)
	switch g.mode {
	case g722At56:
		level = word(g722QM5, code>>1)
	case g722At48:
		level = word(g722QM4, code>>2)
	}
	v := g.low.estimate + g.low.scale*level>>15
	g.low.low(code >> 2)
	return min(max(v, -g722Low), g722Low-1)
}

// higher is INVQAH, RECONS and LIMIT.
func (g *g722Decoder) higher(code int) int {
	g.high.high(code)
	return min(max(g.high.r[0], -g722Low), g722Low-1)
}
