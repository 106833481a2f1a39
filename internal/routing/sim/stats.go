package sim

import "math"

// interval is the confidence interval of a ratio of sums, each day being one observation of both: the delta method with
// Student's t (Law, Simulation Modeling and Analysis, 5th ed., 9.4.1 and 4.4). nil for less than two days with callers.
func interval(days []share) (low, high *float64) {
	var sum share
	n := 0.0
	for _, d := range days {
		sum.part += d.part
		sum.whole += d.whole
		if d.whole > 0 {
			n++
		}
	}
	if n < 2 {
		return nil, nil
	}
	ratio, squares := sum.part/sum.whole, 0.0
	for _, d := range days {
		e := d.part - ratio*d.whole
		squares += e * e
	}
	count := float64(len(days))
	half := student(count-1) * math.Sqrt(squares/(count-1)/count) / (sum.whole / count)
	return new(max(0, ratio-half)), new(min(1, ratio+half))
}

// meanInterval is the confidence interval of a mean; ok is false for less than two values.
func meanInterval(values []float64) (mean, half float64, ok bool) {
	n := float64(len(values))
	for _, v := range values {
		mean += v / n
	}
	squares := 0.0
	for _, v := range values {
		squares += (v - mean) * (v - mean)
	}
	if n < 2 {
		return mean, 0, false
	}
	return mean, student(n-1) * math.Sqrt(squares/(n-1)/n), true
}

// student is the 97.5 % quantile of Student's t: the table to 10 degrees of freedom, then Cornish and Fisher's expansion
// (Abramowitz and Stegun 26.7.5), which is good to four figures there.
func student(df float64) float64 {
	table := [...]float64{12.7062, 4.3027, 3.1824, 2.7764, 2.5706, 2.4469, 2.3646, 2.3060, 2.2622, 2.2281}
	if i := int(df) - 1; i >= 0 && i < len(table) {
		return table[i]
	}
	const z = 1.959963985
	z3, z5, z7 := z*z*z, z*z*z*z*z, z*z*z*z*z*z*z
	return z + (z3+z)/(4*df) + (5*z5+16*z3+3*z)/(96*df*df) + (3*z7+19*z5+17*z3-15*z)/(384*df*df*df)
}
