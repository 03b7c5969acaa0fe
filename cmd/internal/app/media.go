package app

import (
	"errors"
	"net/url"
	"strings"

	"galleria/commerce/picture"
	"galleria/commerce/picture/bucket"
)

var errMediaS3 = errors.New(`GALLERIA_MEDIA_S3 must be like "https://endpoint/bucket?region=cn-hangzhou", with GALLERIA_MEDIA_S3_KEY and GALLERIA_MEDIA_S3_SECRET`)

// pictureStore is where uploaded pictures lie: an object store if one is named, a folder
// otherwise.
func (c Config) pictureStore() (picture.Store, error) {
	if c.MediaS3 == "" {
		return picture.NewFolder(c.MediaDir), nil
	}
	at, err := c.mediaS3()
	if err != nil {
		return nil, err
	}
	return bucket.New(at)
}

func (c Config) mediaS3() (bucket.Config, error) {
	at, err := url.Parse(c.MediaS3)
	if err != nil || at.Host == "" || at.User != nil || (at.Scheme != "https" && at.Scheme != "http") || c.MediaS3Key == "" || c.MediaS3Secret == "" {
		return bucket.Config{}, errMediaS3
	}
	name := strings.Trim(at.Path, "/")
	if name == "" || strings.Contains(name, "/") {
		return bucket.Config{}, errMediaS3
	}
	return bucket.Config{
		Endpoint: at.Host, Bucket: name, Region: at.Query().Get("region"), AccessKey: c.MediaS3Key, SecretKey: c.MediaS3Secret,
		Insecure: at.Scheme == "http", PathStyle: at.Query().Get("path") == "true",
	}, nil
}
