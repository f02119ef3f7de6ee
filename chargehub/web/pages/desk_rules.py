"""The operator's desk: the settings in force, and the rules of countries with their sources."""

from fastapi import APIRouter, Response

from chargehub.web.desk import DeskVisitor

router = APIRouter()


@router.get("/operator/settings")
async def get_settings(visitor: DeskVisitor) -> Response:
    """What this hub runs with; secrets are hidden."""
    found = (await visitor.api.get("/operator/settings"))["items"]
    return visitor.page(
        "operator/settings.html",
        changed=[each for each in found if not each["is_default"]],
        same=[each for each in found if each["is_default"]],
        entity=await visitor.api.get("/hub/legal-entity"),
    )


@router.get("/operator/countries")
async def get_countries(visitor: DeskVisitor) -> Response:
    """What each country asks, by which rule, and on what basis that was read."""
    found = await visitor.api.get("/jurisdictions")
    return visitor.page("operator/countries.html", notice=found["notice"], profiles=found["items"])
