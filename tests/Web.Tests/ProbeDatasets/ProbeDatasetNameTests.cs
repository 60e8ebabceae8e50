using StableRep.Web.ProbeDatasets;

namespace StableRep.Web.Tests.ProbeDatasets;

public sealed class ProbeDatasetNameTests
{
    [Theory]
    [InlineData("pets.zip", "pets")]
    [InlineData("Oxford Pets (small).zip", "oxford-pets-small")]
    [InlineData("../../etc/passwd.zip", "passwd")]
    [InlineData("猫.zip", "dataset")]
    [InlineData(".zip", "dataset")]
    public void The_files_name_gives_one_that_can_be_used(string fileName, string name) => Assert.Equal(name, ProbeDatasetsPage.NameOf(fileName));
}
