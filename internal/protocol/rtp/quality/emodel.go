package quality

import "time"

// Codec is how a codec bears losses (ITU-T G.113 appendix I).
type Codec struct {
	Ie  float64 // equipment impairment without losses
	Bpl float64 // packet-loss robustness
}

// G711 is G.711 with concealment of losses (G.113 appendix I, table I.4). Wideband codecs are rated by the same scale here: how
// a loss sounds is estimated, that they sound better to begin with is not (ITU-T G.107.1 would).
func G711() Codec { return Codec{Ie: 0, Bpl: 25.1} }

// Path is one direction of a conversation.
type Path struct {
	Packets uint64
	Loss    float64       // share lost, 0 to 1
	Burst   float64       // BurstR: 1 for losses by chance, more where they come together
	Jitter  time.Duration // RFC 3550 A.8
	Rating  float64       // R of the E-model, 0 to 93.2
	MOS     float64       // mean opinion score, estimated: 1 to 4.5
}

// frame is the time that a packet's sound takes to be said, as part of its delay.
const frame = 20 * time.Millisecond

// Rate fills in Rating and MOS. roundTrip is 0 where it is not known.
//
// R = 93.2 - Id - Ie,eff: ITU-T G.107 with all other parameters at their defaults. Ie,eff = Ie + (95-Ie)·Ppl/(Ppl/BurstR+Bpl),
// with Ppl in percent (G.107 7.4). Id = 0.024·d + 0.11·(d-177.3) for what d is above 177.3, in milliseconds, the usual
// approximation of G.107 7.3 (Cole and Rosenbluth, 2001). d is half the round trip, 20 ms of a packet, and a jitter buffer
// of twice the jitter.
func (p Path) Rate(c Codec, roundTrip time.Duration) Path {
	loss := 100 * p.Loss
	impaired := c.Ie + (95-c.Ie)*loss/(loss/max(p.Burst, 1)+c.Bpl)
	d := float64(roundTrip/2+frame+2*p.Jitter) / float64(time.Millisecond)
	late := 0.024*d + 0.11*max(d-177.3, 0)
	p.Rating = max(93.2-late-impaired, 0)
	p.MOS = MOS(p.Rating)
	return p
}

// MOS gives the mean opinion score of a rating (ITU-T G.107 annex B), 1 to 4.5.
func MOS(r float64) float64 {
	switch {
	case r <= 0:
		return 1
	case r >= 100:
		return 4.5
	}
	return max(1+0.035*r+r*(r-60)*(100-r)*7e-6, 1)
}
