package console

// FeatureRoutes is for the test that walks them.
var FeatureRoutes = featureRoutes
