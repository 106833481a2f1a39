#!/bin/sh
# Makes the built-in prompts with espeak-ng and sox, and the music with genmusic.go. The files are committed: nobody needs
# these tools to build. A city puts its own voices into a folder of the same shape (configuration: prompts).
set -eu
cd "$(dirname "$0")/prompts"

say() { # language, voice, words a minute, name, text
	mkdir -p "$1"
	espeak-ng -v "$2" -s "$3" -w "$1/$4.tmp.wav" "$5"
	sox -R "$1/$4.tmp.wav" -r 8000 -c 1 -e a-law "$1/$4.wav" \
		gain -6 highpass 150 lowpass 3600 silence 1 0.01 0.1% reverse silence 1 0.01 0.1% reverse gain -n -6 pad 0.2 0.2
	rm "$1/$4.tmp.wav"
}
in_fi() { say fi fi 195 "$@"; }
in_sv() { say sv sv 195 "$@"; }
in_en() { say en en-gb 180 "$@"; }

in_fi announcement "Puhelu tallennetaan laadun varmistamiseksi ja säilytetään kuusi kuukautta. Rekisteriseloste on verkkosivuillamme."
in_sv announcement "Samtalet spelas in för kvalitetskontroll och sparas i sex månader. Registerbeskrivningen finns på vår webbplats."
in_en announcement "This call is recorded for quality purposes and kept for six months. The register description is on our website."

in_fi language-menu "Suomeksi, paina yksi."
in_sv language-menu "På svenska, tryck två."
in_en language-menu "In English, press three."

in_fi welcome "Tervetuloa kaupungin palvelukeskukseen."
in_sv welcome "Välkommen till stadens servicecenter."
in_en welcome "Welcome to the city service centre."

in_fi waiting "Kaikki asiakaspalvelijamme palvelevat juuri nyt muita. Pysyttehän linjalla. Vastaamme puheluihin jonotusjärjestyksessä."
in_sv waiting "Alla våra kundbetjänare är upptagna just nu. Var god och vänta kvar. Samtalen besvaras i turordning."
in_en waiting "All our agents are busy at the moment. Please stay on the line. Calls are answered in the order in which they arrive."

in_fi closed "Palvelumme on nyt suljettu. Soittakaa uudelleen palveluaikana."
in_sv closed "Servicen är stängd just nu. Ring oss gärna igen under våra öppettider."
in_en closed "We are closed at the moment. Please call again during our opening hours."

in_fi goodbye "Kiitos soitostanne. Kuulemiin."
in_sv goodbye "Tack för samtalet. Hej då."
in_en goodbye "Thank you for calling. Goodbye."

cd .. && go run genmusic.go
