// Package web is the HTTP server: it joins the doors (miniapi for Mini Programs, notify
// for payment providers, openapi for readers of the contract, and what cmd mounts, such
// as the console) behind one listener with one set of limits.
//
// It owns limits, health and the order of the middlewares. It owns no route of a room
// and no rule.
package web
