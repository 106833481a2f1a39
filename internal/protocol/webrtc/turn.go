package webrtc

import (
	"crypto/hmac"
	"crypto/sha1" // what the draft and every TURN server have
	"encoding/base64"
	"strconv"
	"time"
)

// ICEServer is a TURN server for a browser, in the form of RTCIceServer: as JSON it goes into RTCConfiguration.iceServers.
type ICEServer struct {
	URLs       []string `json:"urls"`
	Username   string   `json:"username"`
	Credential string   `json:"credential"`
}

// TURN makes credentials for a TURN server that shares a secret with us and knows nobody by name (draft-uberti-behave-turn-rest-00
// 2.2; coturn's use-auth-secret). The user name is the moment when they end, in seconds since 1970, and id: something that
// tells sessions apart in the server's log and is not personal (empty: left out). urls are the server's, "turn:host:port?transport=tcp"
// or "turns:". With them a browser reaches our one UDP port from a network that lets no UDP out; nothing changes for us.
func TURN(secret []byte, urls []string, id string, ends time.Time) ICEServer {
	name := strconv.FormatInt(ends.Unix(), 10)
	if id != "" {
		name += ":" + id
	}
	mac := hmac.New(sha1.New, secret)
	mac.Write([]byte(name))
	return ICEServer{URLs: urls, Username: name, Credential: base64.StdEncoding.EncodeToString(mac.Sum(nil))}
}
