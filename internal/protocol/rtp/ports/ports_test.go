package ports

import (
	"strings"
	"testing"

	"pgregory.net/rapid"

	"santra/internal/errs"
)

func kernel(local, reserved string) func(string) string {
	return func(setting string) string {
		return map[string]string{localPorts: local, reservedPorts: reserved}[setting]
	}
}

func TestPortsOutsideOfTheKernels(t *testing.T) {
	for _, c := range []struct {
		from, to        uint32
		local, reserved string
		fits            bool
	}{
		{20000, 32767, "32768\t60999", "", true},
		{61000, 65535, "32768\t60999", "", true},
		{20000, 32768, "32768\t60999", "", false},
		{40000, 50000, "32768\t60999", "", false},
		{20000, 32767, "1024\t65535", "", false},
		{20000, 32767, "1024\t65535", "20000-32767", true},
		{20000, 32767, "1024\t65535", "8080,25000-32767,20000-24999", true},
		{20000, 32767, "1024\t65535", "20000-24999,25001-32767", false},
		{60998, 61001, "32768\t60999", "60998,60999", true},
		{20000, 32767, "", "", true},
		{20000, 32767, "odd numbers", "", true},
		{20000, 32767, "60999 32768", "", true},
		{40000, 50000, "32768 60999", "x,-,99999-1,40000-", false},
	} {
		err := check(c.from, c.to, kernel(c.local, c.reserved))
		if (err == nil) != c.fits {
			t.Errorf("%+v: %v", c, err)
		}
		if err != nil && (!errs.Is(err, errs.Invalid) || !strings.Contains(err.Error(), "sysctl net.ipv4.ip_local_reserved_ports=")) {
			t.Error("it does not say what to set:", err)
		}
	}
}

func TestTheKernelIsAsked(t *testing.T) {
	local, ok := spanOf(strings.Join(strings.Fields(kernelSays(localPorts)), "-"))
	if !ok || reserved(local, kernelSays(reservedPorts)) {
		t.Skip("the kernel's range can't be read")
	}
	if err := Check(uint16(local.from), uint16(local.to)); !errs.Is(err, errs.Invalid) {
		t.Error(err)
	}
}

// A range is fine exactly if each of its ports is.
func TestPortsProperty(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		list := rapid.SampledFrom([]string{"", "30-40", "10,12-20,21", "0-9,11-60"}).Draw(t, "reserved")
		from := rapid.Uint32Range(0, 60).Draw(t, "from")
		to := rapid.Uint32Range(from, 60).Draw(t, "to")
		says := kernel("10 50", list)
		all := true
		for p := from; p <= to; p++ {
			all = all && check(p, p, says) == nil
		}
		if got := check(from, to, says) == nil; got != all {
			t.Fatalf("%d-%d with %q: %v, each port: %v", from, to, list, got, all)
		}
	})
}

func FuzzPorts(f *testing.F) {
	f.Add("32768\t60999", "8080,20000-32767")
	f.Fuzz(func(t *testing.T, local, list string) {
		_ = check(20000, 32767, kernel(local, list))
	})
}
