package demo

import (
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"time"

	"santra/internal/agency"
)

// Seed is what a demonstration city keeps between starts: its seats and people with their passwords (demo.json).
type Seed struct {
	Seats  []ReadySeat  `json:"seats"`
	People []SeedPerson `json:"people"`
}

// SeedPerson is a person of the demo. Everybody is trained for a year from the first start.
type SeedPerson struct {
	Name     string `json:"name"`
	Display  string `json:"display"`
	Password string `json:"password"`
	Role     string `json:"role"`
	Agency   string `json:"agency"` // "" for all
}

// Ids of the demonstration city.
const (
	cityEnvironment = "kaupunkiymparisto"
	cityWellbeing   = "hyvinvointi"
)

// openSeed reads the seed or makes one; a larger wish adds seats, a smaller one takes none away.
func openSeed(path string, seats int) (Seed, error) {
	var s Seed
	text, err := os.ReadFile(path)
	switch {
	case err == nil:
		if err := json.Unmarshal(text, &s); err != nil {
			return s, fmt.Errorf("demo: %s: %w", path, err)
		}
	case !errors.Is(err, fs.ErrNotExist):
		return s, fmt.Errorf("demo: %w", err)
	default:
		s.People = demoStaff()
	}
	for i := len(s.Seats); i < seats; i++ {
		s.Seats = append(s.Seats, ReadySeat{Code: fmt.Sprintf("A%02d", i+1), SIPUser: fmt.Sprintf("seat%02d", i+1), SIPPassword: secretWord()})
		s.People = append(s.People, SeedPerson{agentName(i), agentDisplay(i), secretWord(), "agent", ""})
	}
	text, err = json.MarshalIndent(s, "", "  ")
	if err != nil {
		return s, err
	}
	return s, os.WriteFile(path, append(text, '\n'), 0o600)
}

// secretWord gives 60 random bits as text that can be typed.
func secretWord() string { return rand.Text()[:12] }

func demoStaff() []SeedPerson {
	return []SeedPerson{
		{"kaarina", "Kaarina Koskinen", secretWord(), "supervisor", ""},
		{"ymparisto", "Yrjö Mäkelä", secretWord(), "manager", cityEnvironment},
		{"hyvinvointi", "Helena Virtanen", secretWord(), "manager", cityWellbeing},
		{"eeva", "Eeva Lindholm", secretWord(), "expert", ""},
		{"tiina", "Tiina Salo", secretWord(), "privacy_officer", ""},
		{"risto", "Risto Ahonen", secretWord(), "controller", ""},
		{"yllapito", "Ylermi Pitkänen", secretWord(), "administrator", ""},
	}
}

func firstNames() []string {
	return []string{"aino", "veikko", "maija", "onni", "siiri", "toivo", "elina", "otso", "helmi", "urho", "linnea", "eino"}
}

func agentName(i int) string {
	names := firstNames()
	if i < len(names) {
		return names[i]
	}
	return fmt.Sprintf("agent%03d", i+1)
}

func agentDisplay(i int) string {
	surnames := []string{"Aalto", "Björk", "Cederberg", "Eskola", "Forsman", "Granö", "Halonen", "Inkinen", "Jokela", "Kallio", "Laine", "Mattila"}
	if i < len(surnames) {
		name := []rune(agentName(i))
		return string(name[0]-'a'+'A') + string(name[1:]) + " " + surnames[i]
	}
	return fmt.Sprintf("Agent %d", i+1)
}

// users lists the people for the ready-file: agents first, for they are who most tests need.
func (s Seed) users() (users []ReadyUser) {
	var others []ReadyUser
	for _, p := range s.People {
		u := ReadyUser{Name: p.Name, Password: p.Password, Roles: []string{p.Role}, Agency: p.Agency}
		if p.Role == "agent" {
			users = append(users, u)
		} else {
			others = append(others, u)
		}
	}
	return append(users, others...)
}

func text(fi, sv, en string) agency.Text { return agency.Text{"fi": fi, "sv": sv, "en": en} }

// Times of the demonstration city's queues.
const (
	demoNoAnswer = 20 * time.Second
	demoWrapUp   = 10 * time.Second
)

// demoCity is a city with two agencies. Its numbers are none that an operator has given out to anybody we know of; nothing
// of the demo leaves this machine.
func demoCity(seats []ReadySeat) agency.City {
	c := agency.City{
		Name: text("Santalan kaupunki", "Santala stad", "City of Santala"),
		Controller: agency.Controller{
			Name:    text("Santalan palvelukeskusliikelaitos", "Santala servicecentral, affärsverk", "Santala Service Centre, a municipal enterprise"),
			Address: text("Satamakatu 1, 00900 Santala", "Hamngatan 1, 00900 Santala", "Satamakatu 1, 00900 Santala, Finland"),
			Person:  text("Puhelin- ja hyvinvointipalvelujen yksikön päällikkö", "Chefen för enheten för telefon- och välfärdstjänster", "Head of the unit for telephone and well-being services"),
			Contact: text("Yksikön koulutettu henkilökunta, palvelukeskus@santala.example", "Enhetens utbildade personal, palvelukeskus@santala.example", "The unit's trained staff, palvelukeskus@santala.example"),
			DPO:     text("Kaupungin tietosuojavastaava, tietosuoja@santala.example", "Stadens dataskyddsombud, tietosuoja@santala.example", "The city's data protection officer, tietosuoja@santala.example"),
		},
		Agencies: []agency.Agency{
			{ID: cityEnvironment, Name: text("Kaupunkiympäristö", "Stadsmiljön", "Urban Environment"), FragmentDigits: 4, Address: "kaupunkiymparisto@santala.example"},
			{ID: cityWellbeing, Name: text("Hyvinvointipalvelut", "Välfärdstjänster", "Well-being Services"), FragmentDigits: 3, Address: "hyvinvointi@santala.example"},
		},
		Retention:      agency.Retention{RecordingMonths: 6},
		ListenNetworks: []string{"127.0.0.0/8", "::1/128"},
		Dialling:       agency.Dialling{CallerID: "+358931012000"},
		Outcomes: []agency.Outcome{
			{ID: "hoidettu", Name: text("Hoidettu", "Skött", "Dealt with")},
			{ID: "ohjattu", Name: text("Ohjattu muualle", "Hänvisad vidare", "Referred elsewhere")},
			{ID: "kesken", Name: text("Jäi kesken", "Oavslutat", "Not finished")},
		},
	}
	c.Queues = demoQueues()
	for _, s := range seats {
		c.Seats = append(c.Seats, agency.Seat{
			Code: s.Code, SIPUser: s.SIPUser, SIPPassword: s.SIPPassword, Location: "Satamakatu 1, 2. krs, työpiste " + s.Code,
		})
	}
	return c
}

func demoQueues() []agency.Queue {
	queue := func(id, owner string, name agency.Text, number string, menu bool, languages ...agency.Lang) agency.Queue {
		return agency.Queue{
			ID: id, Agency: owner, Name: name, Number: number, Mailbox: id + "@santala.example", Skills: []string{id},
			Languages: languages, LanguageMenu: menu, NoAnswer: demoNoAnswer, WrapUp: demoWrapUp, Record: true,
		}
	}
	return []agency.Queue{
		queue("pysakointi", cityEnvironment, text("Pysäköinti", "Parkering", "Parking"), "+358931012001", false, "fi"),
		queue("rakentaminen", cityEnvironment, text("Rakentaminen", "Byggande", "Building permits"), "+358931012002", false, "fi", "sv"),
		queue("kotihoito", cityWellbeing, text("Kotihoito", "Hemvård", "Home care"), "+358931013001", false, "fi"),
		queue("neuvonta", cityWellbeing, text("Terveysneuvonta", "Hälsorådgivning", "Health advice"), "+358931013002", true, "fi", "sv", "en"),
	}
}
