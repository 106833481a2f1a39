package sim

import "math"

// The formulas below are for Poisson arrivals at rate λ and exponential times of mean 1/μ. Loads are in erlangs: a = λ/μ.

// ErlangB gives the share of calls that find all servers busy and are lost (M/M/c/c): B(0)=1, B(c) = aB(c−1)/(c + aB(c−1)).
// (Erlang 1917; the recursion is stable, Jagerman 1974.)
func ErlangB(servers int, load float64) float64 {
	b := 1.0
	for c := 1; c <= servers; c++ {
		b = load * b / (float64(c) + load*b)
	}
	return b
}

// ErlangC gives the share of calls that wait where all wait for ever (M/M/c): C = B/(1 − ρ(1 − B)), ρ = a/c. 1 where the load is
// not less than the servers: then all wait, and the longer the later.
func ErlangC(servers int, load float64) float64 {
	rho := load / float64(servers)
	if servers <= 0 || rho >= 1 {
		return 1
	}
	b := ErlangB(servers, load)
	return b / (1 - rho*(1-b))
}

// ErlangCService gives the share answered within t, in units of the mean service time: 1 − C·e^(−(c−a)t).
func ErlangCService(servers int, load, t float64) float64 {
	if load >= float64(servers) {
		return 0
	}
	return 1 - ErlangC(servers, load)*math.Exp(-(float64(servers)-load)*t)
}

// ErlangCWait gives the mean wait of all calls in units of the mean service time: C/(c − a); +Inf where load ≥ servers.
func ErlangCWait(servers int, load float64) float64 {
	if load >= float64(servers) {
		return math.Inf(1)
	}
	return ErlangC(servers, load) / (float64(servers) - load)
}

// ErlangA is M/M/c+M: callers hang up after an exponential patience (Palm 1946; Garnett, Mandelbaum, Reiman 2002).
type ErlangA struct {
	Waits     float64 // share of calls that find all servers busy
	Abandoned float64 // share that hang up
	Wait      float64 // mean wait of all calls, hung up or answered, in mean service times
	Service   float64 // share of all calls that are answered within t
}

// maxQueue bounds the states that SolveErlangA sums; what lies beyond has no weight in a double.
const maxQueue = 1_000_000

// SolveErlangA solves the birth-death chain of M/M/c+M: load a = λ/μ, patience θ⁻¹ and t in mean service times. Abandoned is
// θE[Q]/λ (each who waits leaves at rate θ), Wait is E[Q]/λ by Little. Service follows the caller who finds n waiting: in front of
// them the queue falls at rates cμ+nθ, …, cμ+θ, cμ, and they themselves leave at rate θ.
func SolveErlangA(servers int, load, patience, t float64) ErlangA {
	c, theta := float64(servers), 1/patience
	// Weights relative to state c: below by c(c−1)…/a^k, above by a/(c+nθ).
	below, w := 0.0, 1.0
	for k := servers; k >= 1; k-- {
		w *= float64(k) / load
		below += w
		if w < below*1e-18 {
			break
		}
	}
	above := queueWeights(c, load, theta)
	atLeast, queue := 0.0, 0.0
	for n, x := range above {
		atLeast += x
		queue += float64(n) * x
	}
	all := below + atLeast
	queue /= all
	return ErlangA{
		Waits: atLeast / all, Abandoned: theta * queue / load, Wait: queue / load,
		Service: below/all + answeredWithin(above, all, c, theta, t),
	}
}

// queueWeights gives the weights of c, c+1, … in the system relative to that of c.
func queueWeights(c, load, theta float64) []float64 {
	above, w, sum := []float64{1}, 1.0, 1.0
	for n := 1; n < maxQueue; n++ {
		w *= load / (c + float64(n)*theta)
		above = append(above, w)
		sum += w
		if w < sum*1e-15 && load < c+float64(n)*theta {
			break
		}
	}
	return above
}

// Below nobody is what has no weight any more; longPatience is the multiple of the mean patience that nobody has (e⁻⁵⁰).
const (
	nobody       = 1e-14
	longPatience = 50
)

// answeredWithin gives the share of calls that wait and are answered within t, by uniformisation of the pure death chain that a
// caller sees in front of them (Grassmann 1977): from n, at rate c + nθ to n−1, being answered from 0 at rate c; and out of the
// system at rate θ.
func answeredWithin(above []float64, all, c, theta, t float64) float64 {
	t = min(t, longPatience/theta) // else who has hardly any patience would cost steps without end
	top := reachable(len(above)-1, c, theta, t)
	above = above[:top+1]
	rate := c + float64(top+1)*theta
	in := make([]float64, len(above)) // probability to have n in front and still wait
	for n, w := range above {
		in[n] = w / all
	}
	answered, service, seen := 0.0, 0.0, 0.0
	poisson := newPoisson(rate * t)
	for k := 0; k <= poisson.last; k++ {
		seen += poisson.at(k)
		service += poisson.at(k) * answered
		answered += in[0] * c / rate
		waiting := 0.0
		for n := 0; n <= top; n++ {
			out := (c + float64(n+1)*theta) / rate // n in front leave or are served, the caller leaves
			in[n] *= 1 - out
			if n < top {
				in[n] += in[n+1] * (c + float64(n+1)*theta) / rate
			}
			waiting += in[n]
		}
		if waiting < nobody {
			return service + max(0, 1-seen)*answered
		}
	}
	return service
}

// reachable is how many may be in front of a caller, at most top, who can still be answered within t: from so many on as the
// chain makes no steps in that time, nobody gets through.
func reachable(top int, c, theta, t float64) int {
	for n := 64; n < top; n *= 2 {
		if newPoisson((c+float64(n+1)*theta)*t).last < n {
			return n
		}
	}
	return top
}

// poisson gives the probabilities of a Poisson distribution, without underflow for means of millions.
type poisson struct {
	mean float64
	last int // what lies beyond weighs less than 1e-12
}

func newPoisson(mean float64) poisson {
	return poisson{mean, int(mean + 8*math.Sqrt(mean) + 30)}
}

func (p poisson) at(k int) float64 {
	if p.mean == 0 {
		if k == 0 {
			return 1
		}
		return 0
	}
	lg, _ := math.Lgamma(float64(k) + 1)
	return math.Exp(float64(k)*math.Log(p.mean) - p.mean - lg)
}

// PriorityWaits gives the mean waits of M/M/c with non-preemptive priorities, all classes of one mean service time, the highest
// class first; in mean service times: W_k = C(c,a)/c · 1/((1−σ_{k−1})(1−σ_k)), σ_k = (a_1+…+a_k)/c. (Cobham, Operations Research 2, 1954;
// Kella and Yechiali 1985.) +Inf for classes at and below which the load is not less than the servers.
func PriorityWaits(servers int, loads ...float64) []float64 {
	c, all := float64(servers), 0.0
	for _, a := range loads {
		all += a
	}
	waits, before := make([]float64, len(loads)), 0.0
	for k, a := range loads {
		sigma := before + a/c
		if waits[k] = math.Inf(1); sigma < 1 {
			waits[k] = ErlangC(servers, all) / c / ((1 - before) * (1 - sigma))
		}
		before = sigma
	}
	return waits
}

// Needed gives the least agents for the target in a steady state by Erlang A, or C where callers wait for ever (patience 0). Times
// in mean service times.
func Needed(load, patience, level, within float64) int {
	if load <= 0 {
		return 0
	}
	enough := func(c int) bool {
		switch {
		case float64(c) < level*load: // not even that share can be answered
			return false
		case patience == 0:
			return ErlangCService(c, load, within) >= level
		default:
			return SolveErlangA(c, load, patience, within).Service >= level
		}
	}
	low, high := 0, int(min(max(1, load), MaxAgents+1)) // low is too few: the more agents, the better
	for step := 1; high <= MaxAgents && !enough(high); step *= 2 {
		low, high = high, min(high+step, MaxAgents+1)
	}
	for low+1 < high {
		if c := (low + high) / 2; enough(c) {
			high = c
		} else {
			low = c
		}
	}
	return high
}
