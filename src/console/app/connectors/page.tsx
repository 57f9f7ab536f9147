// SPDX-License-Identifier: MIT
import type { PageComponent } from '../pages';
import { Catalogue } from './catalogue';
import { ConnectorPage } from './connector';

const Connectors: PageComponent = ({ route }) => {
    const [id] = route.rest;
    return id ? <ConnectorPage id={id} route={route} /> : <Catalogue route={route} />;
};
export default Connectors;
