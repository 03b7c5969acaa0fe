package courier

import (
	"bytes"
	"context"
	"io"
	"mime"
	"mime/quotedprintable"
	"net"
	"net/mail"
	"net/textproto"
	"strings"
	"sync"
	"time"
)

const (
	deskMail    = 1 << 20         // bytes of a letter that the desk takes
	deskPatient = 2 * time.Minute // for the next line
)

// DeskServer is a mail server of development: whatever comes lies on the desk. It has no TLS,
// takes mail for everybody from everybody, and so listens on loopback only.
type DeskServer struct {
	desk     *Desk
	listener net.Listener
	wait     sync.WaitGroup

	mu     sync.Mutex
	conns  map[net.Conn]bool
	closed bool
}

// ListenSMTP starts the desk's mail server on a free port of loopback.
func (d *Desk) ListenSMTP(ctx context.Context) (*DeskServer, error) {
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	s := &DeskServer{desk: d, listener: listener, conns: map[net.Conn]bool{}}
	s.wait.Go(s.accept)
	return s, nil
}

// Addr is host and port of the server.
func (s *DeskServer) Addr() string { return s.listener.Addr().String() }

// Close ends the server and its conversations.
func (s *DeskServer) Close() error {
	err := s.listener.Close()
	s.mu.Lock()
	s.closed = true
	for conn := range s.conns {
		_ = conn.Close()
	}
	s.mu.Unlock()
	s.wait.Wait()
	return err
}

func (s *DeskServer) accept() {
	for {
		conn, err := s.listener.Accept()
		if err != nil {
			return
		}
		s.mu.Lock()
		if s.closed {
			s.mu.Unlock()
			_ = conn.Close()
			return
		}
		s.conns[conn] = true
		s.mu.Unlock()
		s.wait.Go(func() {
			s.serve(conn)
			s.mu.Lock()
			delete(s.conns, conn)
			s.mu.Unlock()
			_ = conn.Close()
		})
	}
}

// serve holds one conversation, by the few verbs of RFC 5321 that a client needs.
func (s *DeskServer) serve(conn net.Conn) {
	text := textproto.NewConn(conn)
	say := func(reply string) bool { return text.PrintfLine("%s", reply) == nil }
	var to []string
	for ok := say("220 desk"); ok; {
		_ = conn.SetDeadline(time.Now().Add(deskPatient)) //nolint:forbidigo // a socket's own clock
		said, err := text.ReadLine()
		if err != nil {
			return
		}
		switch verb, rest, _ := strings.Cut(said, " "); strings.ToUpper(verb) {
		case "EHLO", "HELO":
			ok = say("250 desk")
		case "MAIL", "RSET":
			to = nil
			ok = say(s.reply(strings.ToUpper(verb), "250 ok"))
		case "RCPT":
			if reply, refused := s.desk.refusal("RCPT"); refused {
				ok = say(reply)
				continue
			}
			_, address, _ := strings.Cut(rest, "<")
			address, _, _ = strings.Cut(address, ">")
			to = append(to, address)
			ok = say("250 ok")
		case "DATA":
			if len(to) == 0 {
				ok = say("503 nobody to send to")
				continue
			}
			ok = say("354 go on") && s.take(text, to, say)
			to = nil
		case "NOOP":
			ok = say("250 ok")
		case "QUIT":
			say("221 bye")
			return
		default:
			ok = say("502 not here")
		}
	}
}

// reply is the answer to a verb: what the desk is to refuse it with, or else ok.
func (s *DeskServer) reply(verb, ok string) string {
	if reply, refused := s.desk.refusal(verb); refused {
		return reply
	}
	return ok
}

// take reads a letter and lays it on the desk.
func (s *DeskServer) take(text *textproto.Conn, to []string, say func(string) bool) bool {
	raw, err := io.ReadAll(io.LimitReader(text.DotReader(), deskMail+1))
	if err != nil || len(raw) > deskMail {
		return false // the rest of it is no command
	}
	if reply, refused := s.desk.refusal("DATA"); refused {
		return say(reply)
	}
	subject, body := readLetter(raw)
	for _, address := range to {
		if s.desk.Send(context.Background(), Message{Way: Mail, To: address, Kind: "shop_mail", Subject: subject, Text: body}) != nil {
			return say("451 later")
		}
	}
	return say("250 taken")
}

// readLetter is what a person would see of a letter of plain text; what cannot be read is
// shown as it came.
func readLetter(raw []byte) (subject, body string) {
	letter, err := mail.ReadMessage(bytes.NewReader(raw))
	if err != nil {
		return "", string(raw)
	}
	subject = letter.Header.Get("Subject")
	if plain, err := new(mime.WordDecoder).DecodeHeader(subject); err == nil {
		subject = plain
	}
	from := letter.Body
	if strings.EqualFold(letter.Header.Get("Content-Transfer-Encoding"), "quoted-printable") {
		from = quotedprintable.NewReader(from)
	}
	text, err := io.ReadAll(from)
	if err != nil {
		return subject, string(raw)
	}
	return subject, strings.TrimSpace(string(text))
}
