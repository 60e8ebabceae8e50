using StableRep.Testing;

[assembly: AssemblyFixture(typeof(TestCluster))]
