using StableRep.Testing;
using StableRep.Web.Tests.Browser;

[assembly: AssemblyFixture(typeof(TestCluster))]
[assembly: AssemblyFixture(typeof(BrowserStudio))]
