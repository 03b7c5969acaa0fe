package miniapi

import (
	"context"
	"net/http"

	"galleria/commerce/member"
	"galleria/tenant/fault"
)

// AddressInput is an address as the buyer writes it.
type AddressInput struct {
	Name         string `json:"name" minLength:"1" maxLength:"32" example:"王小明"`
	Phone        string `json:"phone" minLength:"5" maxLength:"20" example:"13800138000"`
	Province     string `json:"province" minLength:"1" maxLength:"32" example:"云南省"`
	City         string `json:"city" minLength:"1" maxLength:"32" example:"昆明市"`
	District     string `json:"district,omitempty" maxLength:"32" example:"五华区"`
	DivisionCode string `json:"division_code,omitempty" pattern:"^([0-9]{6})?$" doc:"GB/T 2260, six digits." example:"530102"`
	Detail       string `json:"detail" minLength:"1" maxLength:"120" example:"翠湖南路 1 号"`
	Latitude     string `json:"latitude,omitempty" maxLength:"20" pattern:"^(-?[0-9]{1,3}([.][0-9]{1,15})?)?$" doc:"GCJ-02, decimal degrees, as wx.chooseLocation gives them; with longitude. Local delivery within a radius asks for it." example:"25.047600"`
	Longitude    string `json:"longitude,omitempty" maxLength:"20" pattern:"^(-?[0-9]{1,3}([.][0-9]{1,15})?)?$" example:"102.708500"`
	IsDefault    bool   `json:"is_default,omitempty" doc:"The first address is the default in any case."`
}

// Address is an entry of the address book.
type Address struct {
	ID           int64  `json:"id" example:"5"`
	Name         string `json:"name"`
	Phone        string `json:"phone"`
	Province     string `json:"province"`
	City         string `json:"city"`
	District     string `json:"district"`
	DivisionCode string `json:"division_code"`
	Detail       string `json:"detail"`
	Latitude     string `json:"latitude,omitempty" doc:"GCJ-02, decimal degrees; missing if nobody said it." example:"25.047600"`
	Longitude    string `json:"longitude,omitempty" example:"102.708500"`
	IsDefault    bool   `json:"is_default"`
}

// AddressBook is all addresses, the default first.
type AddressBook struct {
	Items []Address `json:"items" nullable:"false"`
}

type addressPath struct {
	ID int64 `path:"id" minimum:"1" doc:"Address id."`
}

type addressAddInput struct{ Body AddressInput }

type addressUpdateInput struct {
	ID   int64 `path:"id" minimum:"1" doc:"Address id."`
	Body AddressInput
}

type addressOutput struct{ Body Address }

type addressBookOutput struct{ Body AddressBook }

func (a *API) addressRoutes() {
	add(a, route{method: http.MethodGet, path: "/addresses", id: "listAddresses", tag: tagAddress, member: true, summary: "The address book"}, a.addresses)
	add(a, route{
		method: http.MethodPost, path: "/addresses", id: "addAddress", tag: tagAddress, member: true, class: classWrite,
		summary: "Add an address", status: http.StatusCreated, errors: []*fault.Error{member.ErrTooManyAddresses},
	}, a.addressAdd)
	add(a, route{
		method: http.MethodPut, path: "/addresses/{id}", id: "updateAddress", tag: tagAddress, member: true, class: classWrite,
		summary: "Replace an address", errors: []*fault.Error{fault.ErrNotFound},
	}, a.addressUpdate)
	add(a, route{
		method: http.MethodDelete, path: "/addresses/{id}", id: "deleteAddress", tag: tagAddress, member: true, class: classWrite,
		summary: "Delete an address", status: http.StatusNoContent, errors: []*fault.Error{fault.ErrNotFound},
	}, a.addressDelete)
}

func (a *API) addresses(ctx context.Context, _ *none) (*addressBookOutput, error) {
	who, err := callerOf(ctx)
	if err != nil {
		return nil, err
	}
	list, err := a.d.Members.Addresses(ctx, who.tenant, who.member)
	if err != nil {
		return nil, err
	}
	out := &addressBookOutput{AddressBook{Items: make([]Address, len(list))}}
	for i, entry := range list {
		out.Body.Items[i] = Address(entry)
	}
	return out, nil
}

func (a *API) addressAdd(ctx context.Context, in *addressAddInput) (*addressOutput, error) {
	who, err := callerOf(ctx)
	if err != nil {
		return nil, err
	}
	entry, err := a.d.Members.AddAddress(ctx, who.tenant, who.member, member.AddressInput(in.Body))
	if err != nil {
		return nil, err
	}
	return &addressOutput{Address(entry)}, nil
}

func (a *API) addressUpdate(ctx context.Context, in *addressUpdateInput) (*addressOutput, error) {
	who, err := callerOf(ctx)
	if err != nil {
		return nil, err
	}
	entry, err := a.d.Members.UpdateAddress(ctx, who.tenant, who.member, in.ID, member.AddressInput(in.Body))
	if err != nil {
		return nil, err
	}
	return &addressOutput{Address(entry)}, nil
}

func (a *API) addressDelete(ctx context.Context, in *addressPath) (*none, error) {
	who, err := callerOf(ctx)
	if err != nil {
		return nil, err
	}
	return &none{}, a.d.Members.DeleteAddress(ctx, who.tenant, who.member, in.ID)
}
